#!/bin/bash
# The hub's API: every example of docs/API.md, settings, events, and clients that mean no good.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PACKHORSE_BUILD=${PACKHORSE_BUILD:-$here/../../build}
exec /usr/bin/python3 "$here/api.py" all
