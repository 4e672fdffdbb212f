#!/bin/bash
# A site that was away comes back to what others did meanwhile: it all comes in one
# session, without a pause, its books are the hub's, and neither side needs more memory
# for ten times as much. The numbers of a whole year: docs/BENCHMARKS.md.
. "$(dirname "$0")/lib.sh"

# With PACKHORSE_FULL=1 so much that a site which took all of it in at once would show.
count=24000
[ "$FULL" = 1 ] && count=100000
year() {
  "$PYTHON" "$ROOT/tests/bench/run" --json --only year --count "$count" --build "$BUILD" >"$T/year"
}
# Peaks at the whole and at the tenth of it.
grew() { json "$T/year" "j[\"year_$1_kib\"] > 1.25 * j[\"year_$1_kib_tenth\"]"; }

ok "a site catches up, with a little and with ten times as much" year
is "nothing of it broke, and both came to the same books" "$(json "$T/year" 'j["broken"]')" '[]'
is "what came was worth the name" "$(json "$T/year" 'j["counts"]["year_whole"]["facts"] > 10000')" true
is "one session brought it, the next one found nothing" "$(json "$T/year" 'j["counts"]["year_whole"]["sessions"]')" 2
is "nobody waited for a keepalive" "$(json "$T/year" 'j["counts"]["year_whole"]["elapsed_ms"] < 18000')" true
is "the hub's memory did not grow with it" "$(grew hub)" false
is "nor did the site's" "$(grew site)" false
diag "$(json "$T/year" '"peaks in KiB: hub %d, then %d; site %d, then %d" % (j["year_hub_kib_tenth"], j["year_hub_kib"], j["year_site_kib_tenth"], j["year_site_kib"])')"
done_testing
