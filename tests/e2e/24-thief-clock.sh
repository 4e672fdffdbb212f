#!/bin/bash
# Who has stolen the hub's online keys packs a stick by a clock that is ten years ahead, for a post that
# lives by stick and whose PC begins in 1970: what it writes then is of ten years hence. `keys rotate
# --stolen`, and the next stick of the true hub ends that, without any session, but for the day that any
# word of a hub lifts the floor by. The true hub judges that, too.
. "$(dirname "$0")/lib.sh"

hub_and_pcs
faketime=$(echo /usr/lib/*/faketime/libfaketime.so.1)
if [ ! -e "$faketime" ]; then
  skip "a false time by stick" "no faketime"
  done_testing
fi
# The wall clock alone is wrong: the time since the machine's start goes on, as on a real one.
export FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1
off() { env LD_PRELOAD="$faketime" FAKETIME="$1" "${@:2}"; }
day() { TZ=UTC-7 date -d "$1" +%F; }
post() { off -20000d "$P" -d post "$@"; }
lends() { # COPY: when it is due, as the post has it
  post loan "card-$1" "$1" --term 14 --json | json 'd["entries"][0]["due"]'
}
due() { $H list out --json | json "[i['due'] for i in d['items'] if i['copy']['code'] == '$1']"; }
brings() { # by stick, to the hub and home
  rm -rf stick && mkdir stick
  post pack-stick stick >/dev/null 2>&1
  $H take-stick stick >taken.out 2>&1
  $H pack-stick stick --site 14-0371 >/dev/null 2>&1
  ok "$1" post take-stick stick
}

hub_of_one_site
$H invite --site 14-0371 --role site --out i --passphrase-file pass 2>/dev/null
post join i >/dev/null 2>&1
post visit 1 --band child >/dev/null
brings "the post gets its first stick"
pc_confirm post 2>/dev/null
is "what it lends is due two weeks from now" "$(lends B1)" "$(day '+14 days')"
log=$(post log --limit 1 --json | json 'd["entries"][0]["ref"].split(".")[0]')

cp -r hub thief
his() { off +3650d "$hubd" -d thief "$@"; }
ok "the thief's clock is ten years ahead, and he accepts it" his clock accept
mkdir false
ok "he packs a stick" his pack-stick false --site 14-0371
ok "which is taken" post take-stick false
is "the post believes him" "$(lends B2)" "$(day '+3664 days')"

ok "the keys are replaced, as stolen" $H keys rotate --stolen --passphrase-file pass
brings "the next stick of the true hub"
is "what it lends is due two weeks from now again, and that day" "$(lends B3)" "$(day '+15 days')"
is "in another log, since stamps rise" "$([ "$(post log --limit 1 --json | json 'd["entries"][0]["ref"].split(".")[0]')" != "$log" ] && echo another)" another
is "and its screen has nothing overdue" "$(post list overdue --json | json 'd["items"]')" '[]'
post take-stick false >false.out 2>&1
is "his stick moves nothing any more" "$(lends B4)" "$(day '+15 days')"
brings "all of it goes up, by stick"
is "the hub has judged what was of ten years hence" "$(due B1) $(due B2) $(due B3) $(due B4)" \
  "['$(day '+14 days')'] ['$(day '+14 days')'] ['$(day '+14 days')'] ['$(day '+14 days')']"
brings "and the verdict comes home"
is "the post has the hub's books" "$(post digest --json | json 'd["digest"]')" \
  "$($H digest --device "$(post status --json | json 'd["device"]')" --json | json 'd["digest"]')"
ok "the hub is whole" $H verify
ok "the post is whole" post verify
done_testing
