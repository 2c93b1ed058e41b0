"$MAKE" photos && rm photos/broken.jpg
"$PARE" --json --exclude sub --exclude '*.png' -o out photos | "$CASES/../check_json.awk"
printf 'photos/photo.jpg\nphotos/none.jpg\n' | "$PARE" --json -o out2 --files-from - | "$CASES/../check_json.awk"
