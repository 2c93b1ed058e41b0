mkdir -p a/sub b/sub
touch a/1.png b/1.png a/sub/2.png b/sub/2.png a/only.png
"$PARE" score a/1.png a/1.png
"$PARE" score a b
"$PARE" score --json a b
"$PARE" score a/1.png missing.png
