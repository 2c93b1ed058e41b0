"$PARE" --version | head -n 1
"$PARE" --version | grep -c 'libjpeg-turbo'
"$PARE" --version | grep -c 'Apache-2.0'
