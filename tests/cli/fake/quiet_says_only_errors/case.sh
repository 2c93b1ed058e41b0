"$PARE" --quiet a.jpg kept.png broken.jpg missing.jpg
