"$PARE" info a.jpg
"$PARE" info --json a.jpg
"$PARE" info missing.jpg a.jpg
