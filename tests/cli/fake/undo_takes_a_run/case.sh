"$PARE" undo -v
"$PARE" undo 7 --json
