#!/bin/bash
# The page to be printed, and both APIs, in a real browser: what stands in the page is text, and
# pages of other places are refused. Skipped aloud without chromium.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PACKHORSE_BUILD=${PACKHORSE_BUILD:-$here/../../build}
exec /usr/bin/python3 "$here/browser.py"
