"""Classes: which titles, readers and copies are one (docs/MERGE.md, "Classes").

They are views: nothing of them stands in a state. A class is a connected component over
the edges in the states; for titles and readers also over creations with equal source.
"""
from copies import copy_state
from history import id_bytes, ref_bytes
import naming
from naming import in_order
from states import without_trailing_nils

FIRST, TITLE_MERGES, READER_MERGES, COPY_ALIASES = 1, 2, 3, 6


def at(state, index):
    return state[index] if index < len(state) else None


class Ledger:
    """All entities: the facts and the state of each, by (type, id)."""

    def __init__(self, effects, facts, states):
        self.effects = effects
        self.facts = facts
        self.states = states
        self.classes = {
            naming.TITLE: _components(self.of(naming.TITLE), TITLE_MERGES, _title_source),
            naming.READER: _components(self.of(naming.READER), READER_MERGES, _reader_source),
            naming.COPY: _components(self.of(naming.COPY), COPY_ALIASES, None),
        }

    def of(self, type_):
        return {id_: state for (t, id_), state in self.states.items() if t == type_}

    def class_of(self, type_, id_):
        return self.classes[type_].get(id_, frozenset([id_]))

    def root(self, type_, id_):
        members = self.class_of(type_, id_)
        if type_ == naming.COPY:
            return min(members)
        return min(members, key=lambda member: self._age(type_, member))

    def _age(self, type_, id_):
        first = at(self.states.get((type_, id_), []), FIRST)
        return (0, first[1], id_) if first else (1, 0, id_)

    def class_facts(self, type_, id_):
        """Each fact once that names a member of the class, in the order for all of them."""
        found = {}
        for member in self.class_of(type_, id_):
            for fact in self.facts.get((type_, member), []):
                found[id(fact.record)] = self.effects_fact(fact)
        return in_order(list(found.values()))

    def class_copy(self, id_):
        """The state of a class of copies, as its views show it; ID: any member."""
        facts = self.class_facts(naming.COPY, id_)
        return without_trailing_nils(copy_state(facts, self.class_of(naming.COPY, id_)).encode())

    def effects_fact(self, fact):
        """FACT at its own time, wherever an entity had lifted it to."""
        return fact.lifted(*self.effects.time(fact.record))


def _title_source(first):
    return first[2] if first and len(first) == 3 else None


def _reader_source(first):
    return (first[0], first[2]) if first and len(first) == 3 else None


def _components(states, edges_at, source_of):
    edges = []
    for id_, state in states.items():
        for _, other in at(state, edges_at) or []:
            edges.append((id_, id_bytes(other) if len(other) == 2 else ref_bytes(other)))
    if source_of:
        sourced = [(id_, source_of(at(state, FIRST))) for id_, state in states.items()]
        sourced = [(id_, source) for id_, source in sourced if source is not None]
        pairs = [(a, b) for a in sourced for b in sourced if a < b]
        edges += [(a[0], b[0]) for a, b in pairs if a[1] == b[1]]
    found = {id_: frozenset([id_]) for id_ in states}
    for a, b in edges:
        joined = found.get(a, frozenset([a])) | found.get(b, frozenset([b]))
        for member in joined:
            found[member] = joined
    return found
