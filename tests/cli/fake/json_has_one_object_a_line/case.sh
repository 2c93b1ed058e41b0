"$PARE" --json a.jpg kept.png broken.jpg missing.jpg
