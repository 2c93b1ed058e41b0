mkdir -p a/sub b/sub a/v1.0 b/v1.1
touch a/sub/read.md b/sub/read.txt a/sub/2.md b/sub/2.xmp
touch a/v1.0/3.png b/v1.1/3.png
touch a/1.png b/1.png a/sub/2.png b/sub/2.png a/only.png
touch a/sub/made.jpg b/sub/made.webp a/sub/two.jpg b/sub/two.png b/sub/two.webp
"$PARE" score a/1.png a/1.png
"$PARE" score a b
"$PARE" score --json a b
"$PARE" score a/1.png missing.png
