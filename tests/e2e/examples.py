"""The examples of a page about an API: blocks of ```example, and whether an answer is as one says.

A block is `METHOD PATH (who)`, the body behind `> `, and the status with the answer. In it
"…" stands for any value, a member "…" for more members, ["…"] for any list, "…words…" for a text with these words in it. "…NAME" is any value too, which
NAME stands for in addresses, bodies and (who) of the examples behind it.

  examples.py PAGE   which rows of the page's table of routes have no example, and which examples say nothing
"""

import json
import re
import sys

# What cannot be shown so: an answer without an end (api.py compares what comes with the page).
WITHOUT = ("/api/v1/events",)


def examples(path):
    """(method, path, who, body or None, status, answer) of each, in order."""
    with open(path, encoding="utf-8") as file:
        blocks = re.findall(r"^```example\n(.*?)^```$", file.read(), re.M | re.S)
    for block in blocks:
        first, *rest = block.strip().splitlines()
        method, target, who = re.fullmatch(r"(\S+) (\S+) \((\w+)\)", first).groups()
        body = "".join(line[2:] for line in rest if line.startswith("> "))
        status, answer = "".join(line for line in rest
                                 if not line.startswith("> ")).split(" ", 1)
        yield (method, target, who, json.loads(body) if body else None, int(status),
               json.loads(answer))


def _of_object(got, want, where, known):
    if "…" not in want and set(got) != set(want):
        return f"{where}: has {sorted(got)}, not {sorted(want)}"
    for name in want:
        if name == "…":
            continue
        if name not in got:
            return f"{where}: has no {name}: {sorted(got)}"
        found = differs(got[name], want[name], f"{where}.{name}", known)
        if found:
            return found
    return None


def _of_list(got, want, where, known):
    if want == ["…"]:
        return None
    if len(got) != len(want):
        return f"{where}: {len(got)} items, not {len(want)}: {got}"
    for i, pair in enumerate(zip(got, want)):
        found = differs(*pair, f"{where}[{i}]", known)
        if found:
            return found
    return None


def _text(got):
    return got.decode() if isinstance(got, bytes) else str(got)


def differs(got, want, where="answer", known=None):
    """What of GOT is not as WANT says; None: nothing. KNOWN gets what WANT has names for."""
    if isinstance(want, str) and len(want) > 2 and want[0] == want[-1] == "…":
        return None if want[1:-1] in _text(got) else f"{where}: {got!r} has no {want[1:-1]!r}"
    if isinstance(want, str) and want.startswith("…"):
        if known is not None and want != "…":
            known[want[1:]] = got
        return None
    if isinstance(want, dict) and isinstance(got, dict):
        return _of_object(got, want, where, known)
    if isinstance(want, list) and isinstance(got, list):
        return _of_list(got, want, where, known)
    return None if got == want and type(got) is type(want) else \
        f"{where}: {got!r}, not {want!r}"


def filled(value, known):
    """VALUE, of an example, with what KNOWN has for its names."""
    if isinstance(value, str):
        return re.sub(r"\b[A-Z]{3,}\b", lambda name: str(known.get(name[0], name[0])), value)
    if isinstance(value, list):
        return [filled(item, known) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, known) for name, item in value.items()}
    return value


def says_nothing(want):
    """Whether any answer that succeeds is as WANT says."""
    return want == "…" or isinstance(want, dict) and "…" in want and \
        set(want) <= {"schema", "exit", "…"}


def without(path):
    """(method, address) of each row of the page's table that no example is of."""
    with open(path, encoding="utf-8") as file:
        rows = re.findall(r"^\| `(GET|POST) (\S+)` \|", file.read(), re.M)
    left = [row for row in rows if row[1] not in WITHOUT]
    for method, target, *_ in examples(path):
        target = target.split("?")[0]
        of = [(how, address) for how, address in rows if how == method and
              re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", address), target)]
        of.sort(key=lambda row: row[1].count("{"))
        left = [row for row in left if row not in of[:1]]
    return left if rows else [("no", "table")]


if __name__ == "__main__":
    shown = without(sys.argv[1])
    for row in shown:
        print("# no example of", *row)
    empty = [example[:2] for example in examples(sys.argv[1]) if says_nothing(example[-1])]
    for row in empty:
        print("# any answer would be as the example says of", *row)
    sys.exit(1 if shown or empty else 0)
