"$PARE" ./check -v 2>&1 | head -n 1
"$PARE" run check -v 2>&1 | head -n 1
"$PARE" -v -- -q 2>&1 | head -n 1
