#!/bin/bash
# The daemon as a service: settings, reload, stop, local socket, who holds the folder.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PACKHORSE_BUILD=${PACKHORSE_BUILD:-$here/../../build}
exec /usr/bin/python3 "$here/serve.py"
