"$PARE" chekc
"$PARE" nothing.jpg
