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


def expected(printed, now):
    """The cells of two sheets that differ, as (what the row is about, column, printed, now)."""
    before, after = figures(printed), figures(now)
    names = [column["name"] for column in now["columns"]][heads(now) :]
    found = set()
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
    return {
        (
            item["row"][0] if item["row"] is not None else "total",
            item["column"],
            repr(item["printed"]),
            repr(item["now"]),
        )
        for item in sheet.get("revised", [])
    }
