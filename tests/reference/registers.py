"""Registers: which puts hold for each field of an entity (docs/MERGE.md, "Registers")."""
import mp
from entry import SEALED_KEY
from history import BY_NAME
from kinds import KINDS

SEALED_REGISTER = 64
LISTS = {"refs", "ids", "heads", "uints", "texts"}


def shown_value(field, value):
    """VALUE as states show it: as in the entry, but a list as the bytes of its array."""
    return mp.encode(value) if field.type in LISTS else value


def put_fields(fact):
    """What FACT puts: register key to (key in `seen`, value)."""
    if fact.puts is None:
        fact.puts = _find_puts(fact)
    return fact.puts


def _find_puts(fact):
    kind = KINDS[BY_NAME[fact.kind]]
    puts = {
        i: (i, shown_value(field, fact[field.name]))
        for i, field in enumerate(kind.fields)
        if field.register and fact[field.name] is not None
    }
    mask = fact.fields.get("sets") or 0
    for i, field in enumerate(kind.sealed):
        if field.register and mask >> i & 1:
            puts[SEALED_REGISTER + i] = (SEALED_KEY + i, None)
    return puts


def heads(puts, register):
    """Those of PUTS, in the order, that put REGISTER and that none of them has seen."""
    own = [put for put in puts if register in put_fields(put)]
    left = [put for put in own if not any(_has_seen(other, put, register) for other in own)]
    return left or own[-1:]


def _has_seen(later, put, register):
    seen_key = put_fields(later)[register][0]
    return put.ref in (later["seen"] or {}).get(seen_key, [])


def registers(puts):
    """The map of a state; None if no field was ever put. PUTS in the order."""
    found = {}
    for register in sorted({key for put in puts for key in put_fields(put)}):
        left = heads(puts, register)
        others = [put.ref for put in left[:-1]] or None
        shown = [left[-1].ref, put_fields(left[-1])[register][1], others]
        while shown[-1] is None:
            shown.pop()
        found[register] = shown
    return found or None
