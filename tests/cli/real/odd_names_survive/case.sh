"$MAKE" photos
odd=$(printf 'in/ \377"$(x)\n*.jpg')
mkdir in && cp photos/photo.jpg "$odd" && cp photos/photo.jpg in/-q.jpg
"$PARE" --quiet -o out in && ls out | od -An -c
