# Bytes that are no UTF-8 come back without loss, for instance in Python.
bad=$(printf 'a\377\t"\\\303\244\nb.jpg')
"$PARE" --json "$bad"
if command -v python3 >/dev/null; then
    printf %s "$bad" >want
    "$PARE" --json "$bad" | python3 -c '
import json, os, sys
name = json.loads(sys.stdin.buffer.readline().decode("utf-8"))["input"]
if os.fsencode(name) != open("want", "rb").read(): print("lost", ascii(name))'
fi
