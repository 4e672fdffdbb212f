"""Who signed off what was issued: whose word counts, reckoned a second time (docs/REPORTS.md, "Who signs off")."""
from history import ref_text


def words(ledger, report):
    """(site, commune or None) -> (agrees, why it does not count or None); the last of each site and commune."""
    found = {}
    for fact in sorted(ledger.of("report-signoff"), key=lambda fact: fact.key()):
        if ref_text(fact["report"]) != report:
            continue
        own = ledger.site(fact.site, "commune")
        named = fact["commune"]
        commune = named or (own if own in ledger.commune_puts else None)
        why = None
        if fact.site not in ledger.site_puts:
            why = "unknown-site"
        elif named and named not in ledger.commune_puts:
            why = "unknown-commune"
        elif named and named != own:
            why = "foreign-site"
        found[fact.site, commune] = (fact["agrees"] == 1, why)
    return found


def expected(ledger, report):
    found = words(ledger, report)
    counted = {(key, agrees) for key, (agrees, why) in found.items() if why is None}
    strays = {(key, agrees, why) for key, (agrees, why) in found.items() if why is not None}
    agree = sum(agrees for _, agrees in counted)
    return counted, strays, agree, len(counted) - agree


def said(issued):
    """The same of what packhorsed says."""
    key = lambda item: (item["site"], item.get("commune"))
    counted = {(key(item), item["agrees"]) for item in issued["signoffs"]}
    strays = {(key(item), item["agrees"], item["why"]) for item in issued["strays"]}
    if len(counted) + len(strays) != len(issued["signoffs"]) + len(issued["strays"]):
        return "a word stands there twice"
    return counted, strays, issued["agree"], issued["disagree"]


def some(rng, story, device, report):
    """What DEVICE's people say of it, for themselves and for others: lines to be recorded."""
    lines = []
    for _ in range(rng.randrange(1, 5)):
        line = {"kind": "report-signoff", "report": report, "agrees": rng.randrange(2)}
        commune = rng.choice([None, device["site"]["commune"], story.stray_commune(), "09999"])
        if commune:
            line["commune"] = commune
        if rng.random() < 0.2:
            line["behalf"] = rng.choice(story.sites)["number"] if rng.random() < 0.8 else 149999
        if rng.random() < 0.3:
            line["when"] = rng.choice(["2025-01-01", "2026-01-01T08:00"])
        lines.append(line)
    return lines
