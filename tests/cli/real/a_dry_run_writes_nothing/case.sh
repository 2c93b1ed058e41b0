"$MAKE" photos
find photos -type f | sort >before
"$PARE" -n photos | sort
find photos -type f | sort | cmp before - && echo "nothing written"
find . -name "ledger*" # there was none, and asking makes none
