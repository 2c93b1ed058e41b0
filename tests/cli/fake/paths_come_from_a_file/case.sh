printf 'one.jpg\n\ntwo two.jpg\nlast.jpg' | "$PARE" -v --files-from - 2>&1 | grep optimized.*out
printf 'one.jpg\0two\ntwo.jpg\0' >list
"$PARE" -v --files-from list -0 2>&1 | grep optimized.*out
"$PARE" --files-from nowhere
