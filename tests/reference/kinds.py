"""The kinds of entries and their fields: a table of its own.

It is written from the words of the design, not from common/log/kinds.c, so that both
check one another; test_kinds.py compares it with docs/KINDS.md line by line.

A line `kind`: number, name, writers (s site, c courier, h hub), then flags: `operator`
(signed by an operator: void only in the same log and by an operator), and a rule between
two fields. A line of a field: name, type, limits, then `*` required, `R` register, and
for an enum its names. `sealed` before a field: it lies in the sealed part.
"""

TABLE = """
kind 1 open sch
  device_key fixed 32 *
  nonce fixed 16 *
  site uint 0 999999 *
  software text 32
  table fixed 8
  continues head
  why enum clock,restored,cloned,replaced
kind 2 clock-mark sch
  boot fixed 8 *
  mono uint 0 1099511627776 *
  wall uint 0 1099511627776 *
  sure enum none,rtc,person,network,hub
kind 3 note sh
  about ref
  sets sets
  commit fixed 32
  sealed text text 1000
kind 10 reader-put s
  reader ref
  commune digits 5 R
  band enum child,youth,adult,elder R
  sets sets
  commit fixed 32
  seen seen
  sealed name text 200 R
  sealed born uint 1 2999 R
  sealed telephone text 40 R
  sealed address text 300 R
  sealed guardian text 200 R
  sealed note text 1000 R
kind 11 consent s
  reader ref *
  given enum given,withdrawn *
  who enum reader,guardian
  day day
  sets sets
  commit fixed 32
  sealed guardian text 200
kind 12 card-issue s
  card id *
  reader ref *
kind 13 card-stop sh
  card id *
  reason enum lost,damaged,returned,expired,other
kind 14 reader-block sh
  reader ref *
  reason enum overdue,debt,conduct,other
  until day
kind 15 reader-unblock sh
  reader ref *
  blocks refs 32 *
kind 16 reader-merge sh
  reader ref *
  other ref *
kind 17 reader-unmerge sh
  merges refs 64 *
kind 20 title-put s
  title ref
  name text 1000 R
  author text 300 R
  year uint 0 2999 R
  isbn text 17 R
  language letters 3 R
  publisher text 300 R
  place text 200 R
  volume text 100 R
  class text 60 R
  law uint 0 1 R
  rest bytes 24576 R
  seen seen
kind 21 title-merge sh
  title ref *
  other ref *
kind 22 title-unmerge sh
  merges refs 64 *
kind 23 copy-put s
  copy id *
  title ref R
  owner uint 0 999999 R
  acquisition enum budget,donation,project,exchange,other R
  price uint 0 1000000000000 R
  shelf text 60 R
  seen seen
kind 24 copy-alias sh
  copy id *
  other id *
  reason enum relabelled,same
kind 25 copy-unalias sh
  aliases refs 64 *
kind 30 loan s not-both term due
  copy id *
  card id *
  term uint 0 3650
  due day
  hold ref
kind 31 renew s not-both term due
  copy id *
  card id
  loan ref
  term uint 0 3650
  due day
kind 32 return sh
  copy id *
kind 33 in-house-use s
  copy id *
  count uint 1 100000
kind 34 sighting sh
  copy id *
  purpose enum stock-take,found
kind 35 uncoded-loan s not-both term due
  card id
  count uint 1 1000 *
  term uint 0 3650
  due day
  title ref
kind 36 uncoded-return s
  card id
  count uint 1 1000 *
kind 40 copy-missing sh
  copy id *
kind 41 reader-lost s
  copy id *
  loan ref *
kind 42 damaged s
  copy id *
  degree enum worn,damaged,unusable
kind 43 repaired s
  copy id *
kind 44 withdrawn sh
  copy id *
  decision text 60 *
  reason enum worn,lost,obsolete,other
kind 45 reinstated sh
  copy id *
  decision text 60
kind 50 charge s
  card id *
  amount uint 1 1000000000000 *
  reason enum overdue,lost,damaged,card,other
  copy id
  loan ref
kind 51 payment s
  card id *
  amount uint 1 1000000000000 *
  charge ref
kind 54 hold-place s one-of title copy
  card id *
  expires day *
  pickup uint 1 999999 *
  title ref
  copy id
kind 55 hold-cancel s
  hold ref *
  reason enum reader,expired,other
kind 56 hold-ready s
  hold ref *
  copy id *
kind 60 crate-dispatch s
  crate id *
  from uint 1 999999 *
  to uint 1 999999 *
  copies ids 400 *
  due_back day
kind 61 crate-receive s
  crate id *
  copies ids 400
  listed uint 0 1
  final uint 0 1
kind 70 day-open s
  from uint 0 1439
  to uint 1 1440
kind 71 visit s not-above women count
  count uint 1 100000
  band enum child,youth,adult,elder
  women uint 0 100000
  purpose enum reading,borrowing,study,internet,event,other
kind 72 mobile-stop s
  stop ref
  commune digits 5
  place text 200
kind 73 activity s not-above women attendance
  occasion enum reading-day,book-festival,school,holiday,contest,exhibition,talk,other *
  attendance uint 0 1000000
  women uint 0 1000000
  name text 200
  partner text 200
kind 74 training sh
  topic text 200 *
  workers uint 0 100000
  collaborators uint 0 100000
  women uint 0 100000
  attendees refs 64
kind 75 digital-use s not-above women count
  form enum catalogue,reading,download,video,social,lookup,other *
  count uint 1 1000000
  women uint 0 1000000
kind 76 donation sh
  donor enum person,organisation,enterprise,state,project,other *
  foreign uint 0 1
  money uint 0 1000000000000
  copies uint 0 1000000
  titles uint 0 1000000
  sets sets
  commit fixed 32
  sealed donor_name text 200
kind 80 worker-put sh
  worker ref
  site uint 1 999999 R
  role enum librarian,part-time,collaborator,volunteer,manager R
  from day R
  to day R
  sets sets
  commit fixed 32
  seen seen
  sealed name text 200 R
  sealed telephone text 40 R
kind 81 shift s
  code text 32 *
  phase enum begin,end *
kind 85 model-put sh
  commune digits 5 *
  status enum planned,building,recognised,withdrawn R
  decision text 60 R
  date day R
  sites uints 64 R
  seen seen
kind 86 tally sh not-above from to
  code enum budget-state,budget-other,premises,commendations,media,inspections,\
learning-families,collaborators,uncatalogued-stock,user-turns,computers,staff *
  value uint 0 1000000000000000 *
  from day *
  to day *
  list uint 1 1000
  commune digits 5
kind 90 void sh
  target ref *
  reason enum mistake,duplicate,test,other
kind 100 site-put h
  site uint 1 999999 *
  code text 32 R
  name text 200 R
  commune digits 5 R
  site_kind enum provincial-library,commune-library,learning-centre,post-office,\
law-bookcase,school-library,police-library,border-post,economic-defence,private-library,van R
  status enum open,closed R
  seen seen
  route texts 64 R
  no_readers uint 0 1 R
  schedule text 200 R
kind 101 commune-put h
  code digits 5 *
  name text 200 R
  type enum xa,phuong R
  from day R
  seen seen
  predecessor digits 5 R
kind 102 device-admit h
  device fixed 16 *
  key fixed 32 *
  site uint 0 999999 *
  role uint 1 3 *
  invite fixed 16
kind 103 device-confirm h
  device fixed 16 *
kind 104 device-retire h
  device fixed 16 *
  reason enum replaced,broken,closed,lost,other
kind 105 device-cut h operator
  device fixed 16 *
  heads heads 64
  reason enum stolen,lost,misuse,other
kind 106 invite-cancel h operator
  invite fixed 16 *
kind 107 log-adopt h operator
  head head *
kind 108 clock-judge h
  mark ref *
  ahead uint 0 1099511627776
  behind uint 0 1099511627776
  clamp uint 0 1099511627776
kind 109 target-put h
  indicator text 16 *
  year uint 2000 2999 *
  value uint 0 1000000000 R
  rule text 200 R
  version uint 1 1000 R
  seen seen
kind 110 case-decide h
  case fixed 16 *
  choice enum seen,later,earlier,returned,still-out,same,different,found,lost,genuine,\
stolen,other *
  facts fixed 16 *
  entries refs 64
kind 111 policy-put h
  name text 64 *
  value text 1000 R
  seen seen
kind 112 reader-erase h operator
  readers refs 64 *
  cards ids 64
kind 113 report-issue h not-above from to
  report text 64 *
  from day *
  to day *
  figures bytes 24576
kind 120 erase-done s
  erase ref *
  away bytes 16384
kind 121 report-signoff s
  report ref *
  commune digits 5
  agrees uint 0 1
  seen fixed 16
"""


class Field:
    def __init__(self, words):
        self.name = words[0]
        self.type = words[1]
        self.required = "*" in words
        self.register = "R" in words
        rest = [word for word in words[2:] if word not in ("*", "R")]
        self.values = rest[0].split(",") if self.type == "enum" else []
        limits = [int(word) for word in rest] if self.type != "enum" else []
        self.max = limits[-1] if limits else None
        self.min = limits[0] if len(limits) == 2 else 0


class Kind:
    def __init__(self, words):
        self.number = int(words[0])
        self.name = words[1]
        self.writers = set(words[2])
        self.operator = "operator" in words[3:]
        self.pair = tuple(words[3:6]) if words[3:] and not self.operator else None
        self.fields = []
        self.sealed = []

    def index(self, name):
        return [field.name for field in self.fields].index(name)

    def sets_max(self):
        return (1 << len(self.sealed)) - 1


def _read(text):
    kinds = {}
    kind = None
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "kind":
            kind = Kind(words[1:])
            kinds[kind.number] = kind
        elif words[0] == "sealed":
            kind.sealed.append(Field(words[1:]))
        else:
            kind.fields.append(Field(words))
    return kinds


KINDS = _read(TABLE)
