"$PARE" completion bash >c && bash -n c
"$PARE" completion fish >c && ! grep -n "''" c
"$PARE" completion zsh >c && sh -n c
