"""Both folds over the same histories, and how to tell people where they differ."""
import argparse
import json
import subprocess

from fold import fold, lines
import mp
from shrink import history_of

TYPES = {
    1: "site", 2: "commune", 3: "policy", 4: "device", 5: "invite", 6: "target", 7: "log",
    8: "model", 10: "title", 11: "reader", 12: "card", 13: "copy", 14: "crate", 15: "hold",
    16: "account", 17: "worker", 18: "stop", 19: "event", 20: "tally", 21: "case",
    22: "report", 23: "erasure",
}  # fmt: skip
PARTS = {
    4: "admissions confirms retires cuts", 5: "uses cancels", 7: "opened continued",
    10: "registers first merges", 11: "registers first blocks merges consents erased",
    12: "issues stops erased",
    13: "registers custody loans uses condition claims aliases cases notices",
    14: "dispatches receives short over", 15: "placed cancelled ready filled others",
    16: "charges payments lent back", 17: "registers first", 18: "opened closed",
    19: "kind site second fields", 22: "issued signoffs", 23: "second dones",
}  # fmt: skip
CASES = {1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18}


def as_text(lines, name):
    return "".join(json.dumps(line) + "\n" for line in [*lines, {"end": name}])


def is_digest(line):
    return len(line.partition("\t")[0]) == 64


def is_compared(line):
    """Whether both sides know of cases of that kind, if it is a case."""
    return not is_case(line) or int(line.split("\t")[0]) in CASES


def is_case(line):
    return line.count("\t") == 5


class Sides:
    """PROGRAM is the ledger; ORDER seeds the order in which it is told."""

    def __init__(self, program, order, flags=()):
        self.program = program
        self.order = order
        self.flags = list(flags)

    def ledger(self, text, asked):
        """The lines of each history of TEXT."""
        command = [self.program, "--seed", str(self.order), *self.flags]
        command += ["--" + word for word in asked]
        run = subprocess.run(command, input=text, capture_output=True, text=True)
        found = []
        for line in run.stdout.splitlines():
            if is_digest(line):
                found.append([])
            if is_compared(line):
                found[-1].append(line)
        if run.returncode:
            found.append(["ended with status %d" % run.returncode, run.stderr.strip()])
        return found

    def lines(self, ledger, name, asked):
        flags = {word: word in asked for word in ("states", "cases", "classes")}
        found = lines(ledger, name, argparse.Namespace(**flags))
        return [line for line in found if is_compared(line)]

    def reference(self, history_lines, name, asked):
        return self.lines(fold(history_of(history_lines)), name, asked)

    def both(self, history_lines, name, asked):
        theirs = self.ledger(as_text(history_lines, name), asked)
        return self.reference(history_lines, name, asked), theirs[0] if theirs else []

    def what(self, history_lines, name):
        """What differs, in a word or two; None if nothing does."""
        ours, theirs = self.both(history_lines, name, ["cases", "classes"])
        if ours == theirs:
            return None
        if not theirs or not is_digest(theirs[0]):
            return "crash"
        if ours[0] != theirs[0]:
            ours, theirs = self.both(history_lines, name, ["states"])
            return "state of a " + TYPES[int(first_difference(ours[1:], theirs[1:]).type)]
        found = first_difference(ours[1:], theirs[1:])
        if is_case(found.ours or found.theirs):
            return "case of kind %s" % found.type
        return "class of a " + TYPES[int(found.type)]


class Difference:
    """The first lines of two lists, by type and id, that are not in both."""

    def __init__(self, key, ours, theirs):
        self.type, self.id = key
        self.ours, self.theirs = ours, theirs


def by_key(found):
    """What is said of each type and id: one line, or several that should be one."""
    lines_of = {}
    for line in found:
        key = tuple(line.split("\t")[:2])
        lines_of[key] = lines_of[key] + " " + line if key in lines_of else line
    return lines_of


def first_difference(ours, theirs):
    ours, theirs = by_key(ours), by_key(theirs)
    keys = [k for k in {**ours, **theirs} if ours.get(k) != theirs.get(k)] or list(ours)
    key = min(keys, key=lambda k: (int(k[0]), bytes.fromhex(k[1])))
    return Difference(key, ours.get(key), theirs.get(key))


# For people


def plain(value):
    """VALUE in little room: references and logs by their first digits."""
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (k, plain(v)) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        if len(value) == 3 and isinstance(value[0], bytes) and isinstance(value[1], int):
            return "%s.%d.%s" % (value[0].hex()[:6], value[1], value[2].hex()[:4])
        return "[%s]" % ", ".join(plain(item) for item in value)
    if isinstance(value, bytes):
        return "x" + value.hex()[:12]
    return "-" if value is None else json.dumps(value, ensure_ascii=False)


def show_state(type_, ours, theirs):
    """Part by part; an arrow stands before what differs."""
    ours, theirs = (
        mp.decode(bytes.fromhex(line.split("\t")[2])) if line else [] for line in (ours, theirs)
    )
    names = PARTS.get(type_, "").split()
    for i in range(max(len(ours), len(theirs))):
        pair = [side[i] if i < len(side) else None for side in (ours, theirs)]
        name = names[i] if i < len(names) else str(i)
        if pair[0] == pair[1]:
            yield "     %s: %s" % (name, plain(pair[0]))
        else:
            yield "  -> %s" % name
            yield "     reference: %s" % plain(pair[0])
            yield "     ledger:    %s" % plain(pair[1])


def show_difference(sides, history_lines, name):
    """The first thing that differs, from both sides."""
    what = sides.what(history_lines, name)
    yield what or "nothing differs"
    if what is None:
        return
    asked = ["states"] if what.startswith("state") else ["cases", "classes"]
    ours, theirs = sides.both(history_lines, name, asked)
    if what == "crash":
        yield from theirs
        return
    found = first_difference(ours[1:], theirs[1:])
    yield "  %s %s" % (found.type, plain_id(bytes.fromhex(found.id)))
    if what.startswith("case") or not (found.ours and found.theirs):
        yield "  reference: %s" % (found.ours or "has none")
        yield "  ledger:    %s" % (found.theirs or "has none")
    else:
        yield from show_state(int(found.type), found.ours, found.theirs)


def plain_id(id_):
    if len(id_) == 32:
        return plain([id_[:16], int.from_bytes(id_[16:24], "big"), id_[24:]])
    if len(id_) == 16 and id_[:2] == bytes(2):
        return plain([int.from_bytes(id_[:8], "big"), int.from_bytes(id_[8:], "big", signed=True)])
    return id_.hex()


def show_history(history_lines):
    history = history_of(history_lines)
    for log in history.logs.values():
        for i, branch in enumerate(log.branches):
            yield "log %s branch %d, site %d, role %d, device %s" % (
                log.id.hex()[:6], i, log.site, log.role, log.device.hex()[:12],
            )  # fmt: skip
            for record in branch.records:
                yield "  " + show_record(record)


def show_record(record):
    entry = record.entry
    if not entry.sound:
        return "%3d %s %s" % (record.n, entry.form, entry.raw.hex())
    set_ = ["%s=%s" % (k, plain(v)) for k, v in entry.fields.items() if v is not None]
    extras = ["[%d]=%s" % (k, plain(v)) for k, v in entry.extras.items()]
    return "%3d.%s at %d.%d %s %s" % (
        record.n, record.ref[2].hex()[:4], entry.second, entry.tick, record.kind,
        " ".join(set_ + extras),
    )  # fmt: skip
