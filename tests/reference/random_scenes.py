"""Short scenes for random histories: a few entries in a row that have to do with each other.

Each takes the world of random_history.py. What chance alone would seldom bring about
stands here; other entries may fall between, and clocks may turn everything round.
"""
from cases import cases
from concern import case_id, facts_digest
from entry import BEHALF, OPERATOR, SOURCE, WHEN
from fold import fold
from history import History

SIGNED = {OPERATOR: bytes([5]) * 96}


def some_steps(world):
    for _ in range(world.random.randint(0, 3)):
        world.write(world.random.choice(world.site_chains()))


def sign(world):
    return SIGNED if world.chance(0.7) else {}


def a_cut(world):
    """A device is cut, perhaps twice; what it wrote is adopted; one of these is voided."""
    rng = world.random
    chain = rng.choice(world.site_chains())
    cuts = []
    for _ in range(rng.choice([1, 1, 2])):
        heads = [head(world, other) for other in world.chains if other.device == chain.device]
        heads = sorted({(h[0], h[2]): h for h in heads if world.chance(0.9)}.values())
        cut = {"device": chain.device, "heads": heads or None}
        cuts.append(world.write(world.control, "device-cut", SIGNED, **cut))
        some_steps(world)
    if world.chance(0.6):
        adopt = world.write(world.desk, "log-adopt", SIGNED, head=head(world, chain))
        if world.chance(0.5):
            world.write(hub_log(world, world.desk), "void", sign(world), target=adopt)
    if world.chance(0.4):
        cut = rng.choice(cuts)
        world.write(hub_log(world, world.control), "void", sign(world), target=cut)
    if world.chance(0.3):
        world.write(chain, "void")
    some_steps(world)


def head(world, chain):
    n = len(chain.entries)
    n = n if world.chance(0.4) else world.random.randint(1, n)
    return [chain.log, n, chain.hashes[n]]


def hub_log(world, mostly):
    return mostly if world.chance(0.75) else world.random.choice([world.control, world.desk])


def a_void(world):
    """One site takes back what another, or it itself, wrote, both perhaps for a third."""
    one, other = (world.random.choice(world.site_chains()) for _ in range(2))
    target = world.write(one, None, for_site(world))
    void = world.write(other, "void", for_site(world), target=target)
    if world.chance(0.3):
        world.write(other, "void", target=void)


def for_site(world):
    return {BEHALF: world.random.choice(world.sites)} if world.chance(0.5) else {}


def a_judgement(world):
    """A clock is judged, perhaps twice, about a copy that just went by."""
    rng = world.random
    chain = rng.choice(world.site_chains())
    copy = rng.choice(world.copies)
    mark = world.write(chain, "clock-mark")
    second = max(0, world.now + chain.ahead)
    world.write(chain, rng.choice(["loan", "return"]), copy=copy)
    some_steps(world)
    world.write(rng.choice(world.site_chains()), rng.choice(["loan", "return"]), copy=copy)
    for _ in range(rng.choice([1, 1, 2])):
        fixed = {"mark": mark, "ahead": None, "behind": None, "clamp": None}
        way = rng.choice(["ahead", "behind", "clamp"])
        fixed[way] = second + rng.choice([0, -1, 1, -60]) if way == "clamp" else rng.choice([1, 60])
        fixed[way] = max(0, fixed[way])
        judge = world.write(world.desk, "clock-judge", **fixed)
    if world.chance(0.3):
        world.write(hub_log(world, world.desk), "void", target=judge)


def a_twin(world):
    """An imported record is read twice, and one of the two is voided."""
    rng = world.random
    chains = [rng.choice(world.site_chains()) for _ in range(2)]
    name = rng.choice(["loan", "return", "visit", "copy-put", "title-put", "reader-put"])
    source = {SOURCE: rng.choice(world.sources)}
    fixed = {name[:-4]: None} if name in ("title-put", "reader-put") else {}
    twins = [world.write(rng.choice(chains), name, source, **fixed) for _ in range(2)]
    some_steps(world)
    if world.chance(0.5):
        world.write(chains[0], "void", target=rng.choice(twins))


def renewals(world):
    """A loan is prolonged in every way, by entries that name one another."""
    rng = world.random
    copy, card = rng.choice(world.copies), rng.choice(world.cards)
    loan = world.write(rng.choice(world.site_chains()), "loan", copy=copy, card=card)
    names = [loan]
    for _ in range(rng.randint(1, 4)):
        chain = rng.choice(world.site_chains())
        kind = rng.choice(["renew", "renew", "loan", "reader-lost"])
        fixed = {"copy": copy}
        if kind == "loan":
            fixed["card"] = card
        else:
            fixed["loan"] = rng.choice(names)
        names.append(world.write(chain, kind, **fixed))


def maybe_returned(world, copy=None):
    """A return with nothing open, and soon a loan: it may have been the other way round."""
    rng = world.random
    copy = copy or rng.choice(world.copies)
    one, other = (rng.choice(world.site_chains()) for _ in range(2))
    for chain in (one, other):
        if world.chance(0.3):
            mark = world.write(chain, "clock-mark", sure=rng.choice([None, 0, 1, 2, 3]))
            if world.chance(0.5):
                world.write(world.desk, "clock-judge", mark=mark, ahead=0, behind=None, clamp=None)
    sent = [f for _, f in world.written.get("crate-dispatch", []) if copy in f["copies"]]
    world.write(one, "sighting", copy=copy)
    world.write(one, "return", told(world), copy=copy)
    if sent and world.chance(0.3):
        crate = sent[-1]["crate"]
        world.write(other, "crate-receive", crate=crate, copies=None, listed=1)
    world.now += rng.choice([1, 9, 15, 50, 65, 250, 400, 3000, 50000])
    world.write(other, "loan", told(world), copy=copy)


def by_list(world):
    """A crate is received by its list; what is in it was missing, or is lent underway."""
    rng = world.random
    copy, crate = rng.choice(world.copies), rng.choice(world.crates)
    one, other = (rng.choice(world.site_chains()) for _ in range(2))
    if world.chance(0.7):
        world.write(one, "sighting", copy=copy)
        world.write(one, "copy-missing", copy=copy)
    sent = {"crate": crate, "copies": [copy], "to": other.site}
    world.write(one, "crate-dispatch", **sent)
    if world.chance(0.3):
        world.write(rng.choice(world.site_chains()), "loan", copy=copy)
    some_steps(world)
    copies = rng.choice([None, [copy], [rng.choice(world.copies)]])
    world.write(other, "crate-receive", crate=crate, copies=copies, listed=1)


def acquired(world):
    """A new copy is put down as somebody's own, before or after it is missed, lent or sent."""
    rng = world.random
    one, other = (rng.choice(world.site_chains()) for _ in range(2))
    copy = [one.site, f"9{len(world.copies)}"]
    world.copies.append(copy)
    puts = []
    for _ in range(rng.randint(2, 5)):
        chain = rng.choice([one, one, other])
        kind = rng.choice(["copy-put", "copy-put", "copy-missing", "loan", "crate-dispatch", "return"])
        extras = {**told(world), **(for_site(world) if world.chance(0.4) else {})}
        if kind == "copy-put":
            owner = rng.choice([chain.site, extras.get(BEHALF, chain.site), other.site])
            puts.append(world.write(chain, kind, extras, copy=copy, owner=owner))
        elif kind == "crate-dispatch":
            world.write(chain, kind, extras, copies=[copy], to=other.site)
        else:
            world.write(chain, kind, extras, copy=copy)
    if puts and world.chance(0.3):
        world.write(one, "void", target=rng.choice(puts))


def decide(world):
    """Somebody decides a case that there is by now, now and then on other facts."""
    history = History()
    for line in world.lines():
        history.add(line)
    found = cases(fold(history))
    if found:
        kind, anchor, refs = world.random.choice(found)
        refs = refs if world.chance(0.8) else refs[:1]
        fixed = {"case": case_id(kind, anchor), "facts": facts_digest(refs)}
        decision = world.write(world.desk, "case-decide", **fixed)
        if world.chance(0.2):
            world.write(world.desk, "void", target=decision)


def told(world):
    return {WHEN: [1, world.now // 60]} if world.chance(0.2) else {}


SCENES = [
    a_cut, a_void, a_judgement, a_twin, renewals, maybe_returned, by_list, acquired, decide,
]  # fmt: skip
