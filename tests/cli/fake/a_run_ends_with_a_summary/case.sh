"$PARE" photos/a.jpg photos/b.jpg kept.png done.png broken.jpg
