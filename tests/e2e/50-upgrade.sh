#!/bin/bash
# Two builds that meet: an older hub with newer sites, and an older site with a newer hub.
# What the older one does not know it keeps, receipts and passes on as it is, folds the
# rest, and folds it all at once when it is brought up to date.
#
# The older build leaves three kinds out of the table: sighting, crate-dispatch and reader-put,
# which has a sealed part. It is made in the build folder of its own, programs only, and kept
# for the next time.
. "$(dirname "$0")/lib.sh"

OLD=$BUILD/older
old_hubd=$OLD/daemon/packhorsed
old_pack=$OLD/client/packhorse
hubd=$BUILD/daemon/packhorsed
pack=$BUILD/client/packhorse
echo 'một câu dài' >"$T/pass"

make_older() {
  "$ROOT/tests/lib/configure.sh" "$OLD" -Dtests=disabled -Doptimization=0 \
    -Dkinds_without=sighting,crate-dispatch,reader-put &&
    ninja -C "$OLD" -j "${PACKHORSE_JOBS:-2}" daemon/packhorsed client/packhorse
}
if ! command -v meson >/dev/null || ! command -v ninja >/dev/null; then
  skip "two builds" "no meson or ninja"
  done_testing
fi
ok "an older build" make_older || done_testing

# An expression over what a command said, d.
pick() { "$PYTHON" -c 'import json, sys; print(eval(sys.argv[1], {"d": json.load(sys.stdin), "len": len}))' "$1"; }
# new_hub DIR PROGRAM: two sites, and an invite for each device
new_hub() {
  "$2" -d "$1" init --listen 127.0.0.1:0 --kdf-memory-mib 8 --passphrase-file "$T/pass" &&
    for i in 1 2; do
      "$2" -d "$1" site add "14-000$i" --commune "0364$i" --kind commune-library --name "Điểm $i" || return 1
    done
}
# join DIR HUB HUB-PROGRAM SITE PROGRAM
join() {
  "$3" -d "$2" invite --site "14-000$4" --role site --hub 127.0.0.1:1 --out "$1.invite" --passphrase-file "$T/pass" &&
    "$5" -d "$1" join "$1.invite"
}
# serve NAME PROGRAM DIR: the daemon, with its port in $port and its id in $served
serve() {
  start "$T/$1" "$2" -d "$3" serve --listen 127.0.0.1:0
  served=$started_pid
  port=$(listen_port "$T/$1")
}
# sync DIR [PROGRAM]: with whoever serves at $port
sync() { "${2:-$pack}" -d "$1" sync --hub "127.0.0.1:$port" --json; }
# confirm DIR HUB HUB-PROGRAM PROGRAM
confirm() {
  "$3" -d "$2" devices confirm "$("$4" -d "$1" status --json | pick 'd["device"]')" \
    --fingerprint "$("$4" -d "$1" status --json | pick 'd["fingerprint"]')"
}
count() { "$1" -d "$2" log --limit 1000 | grep -c "\"kind\":$3[,}]"; }

# --- an older hub, newer sites: a1 and a2 of one, b of the other ---
ok "an older hub" new_hub hub "$old_hubd"
like "which knows no sighting" "$(echo '{"kind":"sighting"}' | "$old_hubd" -d hub record)" 'is not a kind of entry'
like "a newer one does" "$(echo '{"kind":"sighting"}' | "$hubd" -d hub record)" 'copy: is missing'
serve old "$old_hubd" hub
ok "a PC joins" join a1 hub "$old_hubd" 1 "$pack"
ok "a second one at the same site" join a2 hub "$old_hubd" 1 "$pack"
ok "one at another site" join b hub "$old_hubd" 2 "$pack"
for device in a1 a2 b; do
  ok "$device is admitted" sync $device
  ok "$device is confirmed" confirm $device hub "$old_hubd" "$pack"
done
stop "$served"
cp -r hub always # a hub that will be new all along
serve old2 "$old_hubd" hub

ok "a title, two copies, a loan" bash -c "
  $pack -d a1 title add --name 'Dế Mèn phiêu lưu ký' --json >title &&
  $pack -d a1 copy add B1 --title \$('$PYTHON' -c 'import json; print(json.load(open(\"title\"))[\"entries\"][0][\"ref\"])') &&
  $pack -d a1 copy add B2 --title \$('$PYTHON' -c 'import json; print(json.load(open(\"title\"))[\"entries\"][0][\"ref\"])') &&
  $pack -d a1 loan K1 B1"
ok "and what the hub does not know: a sighting" "$pack" -d a1 sighting B2
reader=$("$pack" -d a1 reader add --name 'Lò Thị Đượm' --born 1990 --json | pick '[e["ref"] for e in d["entries"]][0]')
ok "a reader, whose name is sealed" test -n "$reader"
crate=$("$pack" -d a1 crate dispatch --to 14-0002 B2 --json | pick '[e["crate"]["code"] for e in d["entries"] if "crate" in e][0]')
ok "a crate" test -n "$crate"
ok "and a visit behind them" "$pack" -d a1 visit 4 --band child
ok "it syncs" sync a1
is "everything is receipted" "$("$pack" -d a1 status --json | pick 'd["pending"]')" 0
is "the hub has the three entries, as numbers" "$(count "$old_hubd" hub 34) $(count "$old_hubd" hub 60) $(count "$old_hubd" hub 10)" '1 1 1'
is "and folds the rest: the loan" "$("$old_hubd" -d hub list out --json | pick 'd["items"][0]["copy"]["code"]')" B1
is "the visit behind them" "$("$old_hubd" -d hub query summary --json | pick 'd["summary"][0]["visits"]')" 4
ok "its books are whole" "$old_hubd" -d hub verify

ok "the second PC syncs" sync a2
is "what the hub does not know was passed on as it is" "$("$pack" -d a2 crate show "$crate" --json | pick '[(c["copy"]["code"], c["sent"]) for c in d["copies"]]')" "[('B2', True)]"
ok "the other site syncs" sync b
is "it is told of no crate: the hub knows of none" "$("$pack" -d b list expected --json | pick 'len(d["items"])')" 0
before=$("$old_hubd" -d hub digest)

# --- the hub is brought up to date ---
stop "$served"
serve new "$hubd" hub
is "at once the hub knows the crate" "$("$hubd" -d hub query copy B2 --json | pick 'd["copy"]["custody"]["to"]')" 140002
is "and the sighting" "$("$hubd" -d hub report figures --from 2020-01-01 --to 2999-12-31 --plain | grep -c '14-0001	sightings	1')" 1
ok "the books are others" test "$("$hubd" -d hub digest)" != "$before"
ok "and whole" "$hubd" -d hub verify
ok "the other site syncs again" sync b
is "now it expects the crate" "$("$pack" -d b list expected --json | pick '[i["copy"]["code"] for i in d["items"]]')" "['B2']"
ok "and takes it in" "$pack" -d b crate receive "$crate" B2 --final
for device in b a1 a2 b; do
  ok "$device syncs" sync $device
done
is "the sealed part came too, though the older hub did not ask for it" "$("$hubd" -d hub query readers đượm --names --json | pick '[r["name"] for r in d["readers"]][0]')" 'Lò Thị Đượm'
is "and went on to the second PC" "$("$pack" -d a2 reader show "$reader" --json | pick 'd["name"]')" 'Lò Thị Đượm'
is "site 1 and the hub have the same books" "$("$pack" -d a1 digest)" "$("$hubd" -d hub digest --site 14-0001)"
is "both of its PCs" "$("$pack" -d a2 digest)" "$("$hubd" -d hub digest --site 14-0001)"
is "and so has site 2" "$("$pack" -d b digest)" "$("$hubd" -d hub digest --site 14-0002)"
stop "$served"

serve always.out "$hubd" always
for device in a1 a2 b; do
  ok "$device syncs with the hub that was new all along" sync $device
done
is "which has the same books" "$("$hubd" -d always digest)" "$("$hubd" -d hub digest)"
stop "$served"

# --- an older site, a newer hub ---
ok "a newer hub" new_hub hub2 "$hubd"
serve new2 "$hubd" hub2
ok "a newer PC joins" join n hub2 "$hubd" 1 "$pack"
ok "an older one, at the other site" join o hub2 "$hubd" 2 "$old_pack"
ok "the newer is admitted" sync n
ok "the older is admitted" sync o "$old_pack"
ok "the newer is confirmed" confirm n hub2 "$hubd" "$pack"
ok "the older is confirmed" confirm o hub2 "$hubd" "$old_pack"
ok "the newer one sends a crate" bash -c "
  $pack -d n title add --name 'Truyện Kiều' --json >title &&
  $pack -d n copy add C1 --title \$('$PYTHON' -c 'import json; print(json.load(open(\"title\"))[\"entries\"][0][\"ref\"])') &&
  $pack -d n sighting C1 && $pack -d n crate dispatch --to 14-0002 C1"
ok "and syncs" sync n
ok "the older one lends" "$old_pack" -d o loan K7 E7
ok "and syncs, though the hub tells it what it does not know" sync o "$old_pack"
is "all that it wrote is receipted" "$("$old_pack" -d o status --json | pick 'd["pending"]')" 0
is "it expects nothing that it knows of" "$("$old_pack" -d o list expected --json | pick 'len(d["items"])')" 0
ok "it works on" "$old_pack" -d o return E7
ok "and is whole" "$old_pack" -d o verify
ok "and syncs again" sync o "$old_pack"
is "brought up to date it expects the crate, at once" "$("$pack" -d o list expected --json | pick '[i["copy"]["code"] for i in d["items"]]')" "['C1']"
is "with the same books as the hub" "$("$pack" -d o digest)" "$("$hubd" -d hub2 digest --site 14-0002)"
ok "and syncs" sync o
is "and still has" "$("$pack" -d o digest)" "$("$hubd" -d hub2 digest --site 14-0002)"
ok "the hub is whole" "$hubd" -d hub2 verify
done_testing
