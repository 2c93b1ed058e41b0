"$PARE" -n a.jpg kept.png 
