"$PARE" history
"$PARE" history --json
