# A build without the library says so, of what comes in and of what is asked for.
"$MAKE" photos
printf '\377\012\370\037\220\120\134\010\000\022\010\001' >a.jxl
"$PARE" info a.jxl
"$PARE" --json --no-ledger -f jxl -o out photos/photo.jpg | grep -o '"reason":.*' | head -n 1
