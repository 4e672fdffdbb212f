#!/bin/bash
# tests/lib/configure.sh DIR options…: DIR is a build of this source with these options, also
# if it has been one with others, or another version of meson made it. Options that are not
# named stay as they were. CC is the caller's.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd) || exit 1
dir=${1:?}
shift
if [ -f "$dir/build.ninja" ] && meson configure "$dir" "$@"; then
  exit 0
fi
rm -rf "$dir"
exec meson setup "$dir" "$root" "$@"
