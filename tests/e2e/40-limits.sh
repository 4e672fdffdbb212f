#!/bin/bash
# Limits of the running hub against peers that flood, drip, sleep or never read, while
# an honest device still gets through.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PACKHORSE_BUILD=${PACKHORSE_BUILD:-$here/../../build}
exec /usr/bin/python3 "$here/limits.py"
