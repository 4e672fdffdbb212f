"""Provinces of real data: what tests/proof makes of it, and a catalogue that is imported.

Each function leaves a hub in a folder and gives the Province of it, or None if the data is
not on this machine. Sites are then spread over the real communes, and given kinds.
"""
import json
import os
import random
import subprocess
import sys

from province import Failed, Province
import scenes

HERE = os.path.dirname(os.path.abspath(__file__))
PROOF = os.path.join(HERE, "..", "proof")
ROOT = os.path.dirname(os.path.dirname(HERE))
DATA = os.path.join(os.environ.get("PACKHORSE_TESTDATA", os.path.join(ROOT, "..", "shared")), "data")
MOVEMENTS = 400  # of transits.csv
KINDS = ["commune-library", "post-office", "school-library", "law-bookcase", "van", "provincial-library"]


def data(*names):
    path = os.path.join(DATA, *names)
    return path if os.path.exists(path) else None


def proof(script, build, folder, *words):
    env = dict(os.environ, PACKHORSE_BUILD=os.path.abspath(build))
    done = subprocess.run(
        [sys.executable, os.path.join(PROOF, script), "--keep", folder, *words],
        env=env, text=True, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Failed("%s: %s" % (script, (done.stdout + done.stderr)[-600:]))
    return Province(folder, build)


def spread(province, rng):
    """The sites stand in the communes of the province of Sơn La."""
    units = data("communes", "son_la_2025.json")
    if units is None:
        return
    province.hub("commune", "import", units)
    communes = json.loads(province.hub("commune", "list", "--json"))["communes"]
    for site in json.loads(province.hub("site", "list", "--json"))["sites"]:
        commune = rng.choice(communes)["code"]
        province.hub("site", "set", site["code"], "--commune", commune, "--kind", rng.choice(KINDS))


def movements(folder, build):
    """Real movements of books between 160 libraries, 2017 to 2020."""
    if not data("librarieswest", "transits.csv"):
        return None
    province = proof("transits.py", build, folder, "--count", str(MOVEMENTS))
    spread(province, random.Random(1))
    return province


def library_system(folder, build):
    """Copies, loans and holds of a real library system."""
    if not data("evergreen", "asset.copy.sql"):
        return None
    province = proof("evergreen.py", build, folder)
    spread(province, random.Random(2))
    return province


def catalogue(folder, build):
    """Catalogues in several languages, imported at two sites, one of them twice; and lent from."""
    files = [("a", "jazz_1k.mrc"), ("b", "lul_fre_500.mrc"), ("b", "nepali.marc")]
    files += [("a", "hebrew.marc")] * 2
    if not all(data("evergreen", name) for _, name in files):
        return None
    province = Province(folder, build)
    rng = random.Random(3)
    province.make(None)
    for device, code in (("a", "14-0371"), ("b", "14-0372")):
        province.hub("site", "add", code, "--commune", "03646", "--kind", "commune", "--name", code)
        province.enrol(device, code, None, None)
    for device, name in files:
        words = ["--print-codes", "--acquisition", rng.choice(scenes.ACQUISITIONS[:5])]
        province.site(device, "import", data("evergreen", name), *words, allow=(0, 1))
    for device in ("a", "b"):
        lend_some(province, device, rng)
    province.send([("a", None), ("b", None)])
    spread(province, rng)
    return province


def lend_some(province, device, rng):
    """Loans, uses and withdrawals of what a device has imported, over the last two years."""
    told = json.loads(province.site(device, "log", "--limit", "10000", "--json"))["entries"]
    copies = [item["entry"]["copy"] for item in told if item["entry"].get("kind") == "copy-put"]
    if len(copies) < 100:
        raise Failed("only %d copies were imported: is packhorse-marc there?" % len(copies))
    lines = []
    for copy in rng.sample(copies, min(len(copies), 300)):
        when = "%d-%02d-%02d" % (rng.choice([2025, 2026]), rng.randrange(1, 11), rng.randrange(1, 29))
        kind = rng.choice(["loan", "loan", "in-house-use", "withdrawn"])
        line = {"kind": kind, "copy": copy, "when": when}
        if kind == "loan":
            line["card"] = {"ns": 140371, "code": "T%d" % rng.randrange(30)}
        if kind == "withdrawn":
            line["decision"] = "1/QĐ"
        lines.append(line)
    province.record(device, lines, None)


ALL = {"catalogues": catalogue, "movements": movements, "a library system": library_system}
