"""Sheets that were issued, and pages typed in after that: what must be said to have changed."""


def figures(sheet):
    """(key of a row, column) -> cell; None for the row of the totals."""
    names = [column["name"] for column in sheet["columns"]]
    found = {}
    for row in sheet["rows"]:
        for name, cell in zip(names, row):
            found[("row", row[0]), name] = cell
    for name, cell in zip(names, sheet.get("total", [])):
        found[("total", None), name] = cell
    return found


def heads(sheet):
    """How many columns say what a row is about."""
    return {"commune": 2, "site": 3}.get(sheet["by"], 1)


def standing(sheet):
    """What stands around the lines and may be revised: name -> figure."""
    found = {"rule": (sheet["rule"]["name"], sheet["rule"]["version"])}
    for name in ("numerator", "denominator", "mean"):
        if name in sheet:
            found[name] = sheet[name]
    for year, value in sheet["targets"].items():
        found["target", year] = value
    return found


def restated(printed, now):
    """Of that what differs."""
    before, after = standing(printed), standing(now)
    for name in set(before) | set(after):
        if before.get(name) != after.get(name):
            yield ("standing", name, repr(before.get(name)), repr(after.get(name)))


def expected(printed, now):
    """What differs in two sheets; the cells as (what the row is about, column, printed, now)."""
    before, after = figures(printed), figures(now)
    names = [column["name"] for column in now["columns"]][heads(now) :]
    found = set(restated(printed, now))
    for place in {row for row, _ in list(before) + list(after)}:
        for name in names:
            old, new = before.get((place, name)), after.get((place, name))
            gone = (place, name) not in before or (place, name) not in after
            if old == new or gone and {repr(old), repr(new)} <= {"None", "0"}:
                continue
            about = place[1] if place[0] == "row" else "total"
            found.add((about, name, repr(old), repr(new)))
    return found


def said(sheet):
    """The same of what packhorsed lists."""
    return {spelt(item) for item in sheet.get("revised", [])}


def spelt(item):
    printed, now = item["printed"], item["now"]
    if item.get("what") == "rule":
        printed, now = ((rule["name"], rule["version"]) for rule in (printed, now))
    if "what" in item:
        about = ("standing", ("target", item["year"]) if "year" in item else item["what"])
    else:
        about = (item["row"][0] if item["row"] is not None else "total", item["column"])
    return about + (repr(printed), repr(now))
