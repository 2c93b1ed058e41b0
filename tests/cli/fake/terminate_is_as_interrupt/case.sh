"$PARE" --json slow.jpg &
sleep 0.3
kill -TERM $!
wait $!
