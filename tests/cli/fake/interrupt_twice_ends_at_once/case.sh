"$PARE" stuck.jpg 2>err &
sleep 0.3
kill -INT $!
sleep 0.2
kill -INT $!
wait $!
code=$?
cat err
exit $code
