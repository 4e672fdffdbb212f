#!/bin/bash
# The API of a site: every example of docs/API-SITE.md, who may, what is hidden, and an end in the middle.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PACKHORSE_BUILD=${PACKHORSE_BUILD:-$here/../../build}
exec /usr/bin/python3 "$here/front.py"
