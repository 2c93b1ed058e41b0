"$MAKE" photos && rm photos/broken.jpg
"$PARE" check photos/photo.jpg >found 2>&1
echo "exit $?"
head -n 1 found
"$PARE" check --min-savings 99% photos >found 2>&1
echo "exit $?"
[ ! -e photos/optimized ] || echo "written"
