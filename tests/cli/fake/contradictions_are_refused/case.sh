no() { "$PARE" "$@" </dev/null; code=$?; [ $code = 2 ] || echo "pare $*: exit $code"; }
no -i -o d a.jpg
no -i --suffix x a.jpg
no -o d --suffix x a.jpg
no --lossless -q 50 a.jpg
no --lossless --quality-jpeg 50 a.jpg
no --lossless --target-size 1KB a.jpg
no --backup d a.jpg
no --enlarge a.jpg
no --downscale a.jpg
no --null a.jpg
no -i --backup d --no-ledger a.jpg
no --ledger x --no-ledger a.jpg
no --quiet -v a.jpg
no - -i
no - -o d
no - --suffix x
no - --json
no - -n
no - a.jpg
no - --files-from x
no check -
no check -i a.jpg
no undo --format jpeg
no undo 1 2
no undo x
no history x
no score a.jpg
no completion tcsh
no
