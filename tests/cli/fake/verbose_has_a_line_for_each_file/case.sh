"$PARE" -v a.jpg kept.png broken.jpg 2>&1 | grep -v '^ '
