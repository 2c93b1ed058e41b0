"$PARE" check a.jpg kept.png
