"$MAKE" photos
find photos -type f -exec cksum {} + | sort >before
"$PARE" --json photos >first
echo "exit $?"
"$CASES/../check_json.awk" first
find photos -path '*/optimized' -prune -o -type f -exec cksum {} + | sort | cmp before - || echo "originals changed"
find photos -path '*/optimized/*' -type f | sort
"$PARE" --json photos >second
echo "exit $?"
grep -c '"outcome":"optimized"' second
grep -o '"reason":"already_done"' second | sort | uniq -c
