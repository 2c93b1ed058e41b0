# Packages that Pare needs, by package manager; sourced by tools/setup.
#
# Required to build, then what only the demo, the checks and the benchmarks use.
apt_build='gcc libc6-dev meson ninja-build pkg-config libmicrohttpd-dev libuv1-dev libsqlite3-dev libjansson-dev
  libseccomp-dev libjpeg62-turbo-dev libpng-dev libdeflate-dev
  libwebp-dev libavif-dev libjxl-dev libtiff-dev libgif-dev libxml2-dev liblcms2-dev libzimg-dev libxxhash-dev
  libjemalloc-dev zlib1g-dev'
apt_demo='mate-backgrounds'
apt_web='nodejs npm'
apt_web_test='chromium'
apt_lint='clang clang-format clang-tidy libclang-rt-14-dev git python3'

dnf_build='gcc meson ninja-build pkgconf libmicrohttpd-devel libuv-devel sqlite-devel jansson-devel libseccomp-devel
  libjpeg-turbo-devel libpng-devel libdeflate-devel libwebp-devel
  libavif-devel libjxl-devel libtiff-devel giflib-devel libxml2-devel lcms2-devel zimg-devel xxhash-devel jemalloc-devel
  zlib-devel'
pacman_build='gcc meson ninja pkgconf libmicrohttpd libuv sqlite jansson libseccomp libjpeg-turbo libpng
  libdeflate libwebp libavif libjxl libtiff giflib libxml2 lcms2 zimg xxhash jemalloc zlib'
brew_build='meson ninja pkg-config libmicrohttpd libuv sqlite jansson jpeg-turbo libpng libdeflate
  webp libavif jpeg-xl libtiff giflib libxml2 little-cms2 zimg xxhash jemalloc'
