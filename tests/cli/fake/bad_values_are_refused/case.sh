no() { "$PARE" "$@" a.jpg; code=$?; [ $code = 2 ] || echo "pare $*: exit $code"; }
no -q 0
no -q 101
no -q 80.5
no -q score:0
no -q score:101
no -q best
no -q=
no --quality-jpeg 0
no --quality-png x
no --quality-webp -1
no --quality-avif 1e2
no --target-size 0
no --target-size 5XB
no --target-size '200 KB'
no --min-score 0
no --min-score 100.5
no --effort 10
no --effort fast
no --min-savings 101%
no --min-savings x
no --resize 800
no --resize width:0
no --resize width:65536
no --resize fit:100
no --resize fit:100x
no --resize 0%
no --resize 1001%
no --format gif
no --keep exif,
no --strip face
no --background red
no --background 12345
no --suffix a/b
no --suffix=
no -o ''
no -j 0
no -j 257
no -j 2x
no --memory 99999999999999999999
no --timeout 0
no --timeout 60x
no --max-pixels 0
no --priority urgent
no --json=1
no -o
