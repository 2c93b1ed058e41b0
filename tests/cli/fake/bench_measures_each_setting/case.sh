# Ten settings on a sample: a line or an object each; what fails is counted, no image is an error.
"$PARE" bench --limit 2 a.jpg b.jpg c.jpg kept.png >table
head -n 4 table | sed 's/  *[0-9.]*  *[0-9.]*$/ CPU SPEED/'
grep -c '%' table
"$PARE" bench --json a.jpg broken.jpg >lines
head -n 1 lines
grep -c '"event":"bench"' lines
"$PARE" bench missing.jpg
