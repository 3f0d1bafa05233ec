# What the scripts share: the packages that are needed, and how to get them.
# Sourced, not run. Works on Debian 12, Debian 13 and Ubuntu 24.04, as root and as a user who may use sudo.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

build_packages=(g++ cmake ninja-build ccache pkg-config llvm-dev libdwarf-dev libelf-dev zlib1g-dev liblzma-dev
  libzstd-dev qt6-base-dev libgl1-mesa-dev libcli11-dev libfmt-dev nlohmann-json3-dev)
# What the window needs beside the libraries that it links.
window_packages=(libxcb-cursor0 fonts-dejavu-core)
[ -z "${WAYLAND_DISPLAY:-}" ] || window_packages+=(qt6-wayland)

test_packages() {
  need_lists >&2
  local names=(libgtest-dev libgmock-dev libbenchmark-dev libdebuginfod-dev libbpf-dev clang-19 lld-19 libclang-rt-19-dev python3 dwarves
    python3-drgn binutils gdb crash qemu-system-x86 qemu-system-common busybox-static kmod cpio xz-utils zstd xvfb xauth
    xdotool x11-utils imagemagick util-linux sudo fonts-jetbrains-mono fonts-inter)
  # QEMU's own virtiofsd ended with QEMU 8; since then it is a package of its own.
  if available virtiofsd; then names+=(virtiofsd); fi
  printf '%s\n' "${names[@]}"
}

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "packages are missing and there is no sudo; as root: $*"
  fi
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
available() { apt-cache show "$1" >/dev/null 2>&1; }

# A new machine has no lists yet, and then apt knows no package at all.
need_lists() {
  command -v apt-get >/dev/null || die "this needs Debian 12, Debian 13 or Ubuntu 24.04 (no apt-get here)"
  available cmake || as_root apt-get update -q
}

# need_packages NAME...: installs what is missing.
need_packages() {
  need_lists
  local missing=() name
  for name in "$@"; do
    installed "$name" || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "installing ${missing[*]}"
  as_root apt-get update -q || say "apt's lists could not be renewed; going on with those at hand"
  # Another apt may be at work, as on a machine that has just started.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends \
    "${missing[@]}" || die "apt-get could not install: ${missing[*]}"
}

# configure PRESET [ARGS...]: runs cmake in the source tree with the LLVM that llvm-config speaks for.
configure() {
  local preset=$1 log=$root/build/$1.configure.log
  shift
  (cd "$root" && cmake --preset "$preset" -DLLVM_DIR="$(llvm-config --cmakedir)" "$@" >"$log" 2>&1) ||
    { cat "$log"; die "cmake could not configure the preset $preset"; }
}

build() {
  local preset=$1
  shift
  say "building $preset"
  (cd "$root" && cmake --build --preset "$preset" "$@") || die "the build of preset $preset failed"
}

mkdir -p "$root/build"
# Several clones and build folders share compiled files.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
