# tests/lib/setup.sh - what this machine lacks to build, show or test Packhorse.
# Sourced by ./demo, ./test and tests/bench/peers/run (bash).
#
#   ph_setup build   what the build needs
#   ph_setup demo    that, and what the demo needs
#   ph_setup test    that, and what the tests need
#   ph_setup full    that, and what only the full run needs
#   ph_setup peers   what `tests/bench/peers/run --install` asks for
#
# Each need is looked for as what is used (a command, a pkg-config module, a file, a
# Python module), so a machine where it came from elsewhere is left alone and one that
# has everything is never asked for a network. What is missing is installed with
# apt-get, as root or through sudo -n. When that cannot be: a message that names the
# packages, and exit 1.

# probe, what to look for, Debian package
ph_needs_build='
command gcc gcc
file /usr/include/stdio.h libc6-dev
command meson meson
command ninja ninja-build
command pkg-config pkg-config
module libsodium libsodium-dev
module sqlite3 libsqlite3-dev
module libuv libuv1-dev
module libzstd libzstd-dev
module msgpack|msgpack-c libmsgpack-dev
module yaz libyaz-dev
module xlsxwriter libxlsxwriter-dev
module zlib zlib1g-dev
module libutf8proc libutf8proc-dev
module jansson libjansson-dev
module libqrencode libqrencode-dev
module inih libinih-dev
module libseccomp libseccomp-dev
module libmicrohttpd libmicrohttpd-dev
module cmocka libcmocka-dev
'
ph_needs_demo='
command xz xz-utils
command dpkg-deb dpkg
file /usr/bin/python3 python3
'
ph_needs_test='
command clang clang
runtime libclang_rt.fuzzer-*.a libclang-rt-14-dev
command clang-format clang-format
python dissononce python3-dissononce
command faketime faketime
command strace strace
file /usr/sbin/avahi-daemon avahi-daemon
command avahi-browse avahi-utils
command dbus-daemon dbus-daemon
command ip iproute2
'
ph_needs_full='
command valgrind valgrind
file /usr/lib/debug/.build-id libc6-dbg
command soffice libreoffice-calc-nogui
command promtool prometheus
'

# what tests/bench/peers compares with
ph_needs_peers='
command git git
command fossil fossil
command xz xz-utils
command node nodejs
command npm npm
'

ph_has() {
  local module
  case $1 in
  command) command -v "$2" >/dev/null ;;
  file) [ -e "$2" ] ;;
  module)
    command -v pkg-config >/dev/null || return 1
    for module in ${2//|/ }; do
      pkg-config --exists "$module" && return 0
    done
    return 1
    ;;
  runtime) command -v clang >/dev/null && compgen -G "$(clang -print-runtime-dir)/$2" >/dev/null ;;
  python) [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import $2" 2>/dev/null ;;
  *) return 1 ;;
  esac
}

# The packages for those needs of LISTS that nothing on this machine meets.
ph_missing() {
  local list kind what package needs
  for list in "$@"; do
    needs=ph_needs_$list
    while read -r kind what package; do
      [ -n "$kind" ] || continue
      ph_has "$kind" "$what" || printf '%s\n' "$package"
    done <<<"${!needs}"
  done
}

ph_cannot_install() {
  printf '%s\n' "$1" "Install these Debian packages by hand, then try again:" "  $2" >&2
  exit 1
}

ph_install() {
  local as=()
  command -v apt-get >/dev/null ||
    ph_cannot_install "This machine has no apt-get to install what is missing." "$*"
  if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      ph_cannot_install "Some packages are missing, and you are neither root nor able to use sudo without a password." "$*"
    fi
    as=(sudo -n)
  fi
  echo "Installing: $*"
  local log
  log=$(mktemp) || exit 1
  if ! "${as[@]}" apt-get -o DPkg::Lock::Timeout=300 -q update >"$log" 2>&1 ||
    ! "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
      -q install -y --no-install-recommends "$@" </dev/null >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    ph_cannot_install "apt-get could not install what is missing (its last lines are above)." "$*"
  fi
  rm -f "$log"
}

# apt-get as root, or through sudo without a password.
ph_apt() {
  if [ "$(id -u)" = 0 ]; then apt-get "$@"; else sudo -n apt-get "$@"; fi
}

ph_setup() {
  local lists=() missing
  case ${1:-} in
  build) lists=(build) ;;
  demo) lists=(build demo) ;;
  test) lists=(build demo test) ;;
  full) lists=(build demo test full) ;;
  peers) lists=(peers) ;;
  *)
    echo "ph_setup: build, demo, test, full or peers, not '${1:-}'" >&2
    exit 1
    ;;
  esac
  mapfile -t missing < <(ph_missing "${lists[@]}")
  [ "${#missing[@]}" = 0 ] && return 0
  ph_install "${missing[@]}"
  mapfile -t missing < <(ph_missing "${lists[@]}")
  [ "${#missing[@]}" = 0 ] ||
    ph_cannot_install "apt-get succeeded, yet these are still not found." "${missing[*]}"
}
