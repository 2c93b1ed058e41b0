"$PARE" slow.jpg &
sleep 0.3
kill -INT $!
wait $!
