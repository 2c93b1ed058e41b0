"$PARE" --json a.jpg >/dev/full
