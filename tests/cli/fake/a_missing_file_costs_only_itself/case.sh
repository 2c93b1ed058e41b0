"$PARE" a.jpg missing.jpg
