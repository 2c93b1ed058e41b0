mkdir in
cat > drawing.svg <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
  <path d="M 1.00000 2.00000 L 3.00000 4.00000 L 5.00000 1.00000 Z" fill="#ff0000"/>
</svg>
END
gzip -c drawing.svg > in/drawing.svgz
gzip -c drawing.svg > in/drawing.gz
tar -czf in/archive.tar.gz drawing.svg
echo "a letter, not a drawing" | gzip -c > in/letter.svgz
cksum in/* > before

echo "in a folder those that are named as drawings"
"$PARE" --json -o out in > log
echo "exit $?"
grep -o '"input":"[^"]*"\|"outcome":"[^"]*"\|"reason":[^,]*' log | sort
find out -type f
gzip -dc out/drawing.svgz && echo
cksum in/* | cmp - before && echo "the files are as they were"

echo "by name any"
"$PARE" --json -o other in/drawing.gz in/archive.tar.gz > log
echo "exit $?"
grep -o '"outcome":"[^"]*"\|"reason":[^,]*' log | sort

"$PARE" info in/drawing.svgz
