"""The examples of a page about an API: blocks of ```example, and whether an answer is as one says.

A block is `METHOD PATH (who)`, the body behind `> `, and the status with the answer. In it
"…" stands for any value, a member "…" for more members, ["…"] for any list.
"""

import json
import re


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


def _of_object(got, want, where):
    if "…" not in want and set(got) != set(want):
        return f"{where}: has {sorted(got)}, not {sorted(want)}"
    for name in want:
        if name == "…":
            continue
        if name not in got:
            return f"{where}: has no {name}: {sorted(got)}"
        found = differs(got[name], want[name], f"{where}.{name}")
        if found:
            return found
    return None


def _of_list(got, want, where):
    if want == ["…"]:
        return None
    if len(got) != len(want):
        return f"{where}: {len(got)} items, not {len(want)}: {got}"
    for i, pair in enumerate(zip(got, want)):
        found = differs(*pair, f"{where}[{i}]")
        if found:
            return found
    return None


def differs(got, want, where="answer"):
    """What of GOT is not as WANT says; None: nothing."""
    if want == "…":
        return None
    if isinstance(want, dict) and isinstance(got, dict):
        return _of_object(got, want, where)
    if isinstance(want, list) and isinstance(got, list):
        return _of_list(got, want, where)
    return None if got == want and type(got) is type(want) else \
        f"{where}: {got!r}, not {want!r}"
