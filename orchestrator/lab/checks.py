"""`checks:` and `timeline:` → what must hold, and what happens when."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from catenet.orchestrator.checks import kinds
from catenet.orchestrator.checks.expectation import Expectation
from catenet.orchestrator.faults import verbs
from catenet.orchestrator.faults.option import words_of
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.kinds import KindReader, check_words
from catenet.orchestrator.lab.model import Check, Measure, Moment
from catenet.orchestrator.lab.problems import quote
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.verb_options import read_options
from catenet.orchestrator.lab.vocabulary import MEASURE, moment_words
from catenet.orchestrator.lab.words import CLAIMS

__all__ = ["ChecksReader", "read_claims"]


def read_claims(item: Item | None, reader: Reader) -> tuple[str, ...]:
    """The ids of the claims that the lab shows."""
    return reader.some_of(item, "claims", "claim", CLAIMS)


class ChecksReader:
    """Reads checks about these LANs and nodes (each with its own LANs)."""

    def __init__(self, lans: Collection[str], nodes: Mapping[str, Collection[str]], reader: Reader) -> None:
        self.lans = lans
        self.nodes = nodes
        self.reader = reader
        self._kinds = KindReader(lans, nodes, reader)

    def checks(self, item: Item | None) -> tuple[Check, ...]:
        """The list under `checks:`."""
        checks = (self._check(child, "check") for child in self.reader.items(item, "checks"))
        return tuple(check for check in checks if check is not None)

    def timeline(self, item: Item | None) -> tuple[Moment, ...]:
        """The list under `timeline:`, in the order of its times; what names several has a moment for each."""
        moments = (moment for child in self.reader.items(item, "timeline") for moment in self._moments(child))
        return tuple(sorted(moments, key=lambda moment: moment.at))

    def measures(self, item: Item | None) -> tuple[Measure, ...]:
        """The list under `measure:`."""
        names: set[str] = set()
        measures = (self._measure(child, names) for child in self.reader.items(item, "measure"))
        return tuple(measure for measure in measures if measure is not None)

    def measured(self, item: Item | None, timeline: tuple[Moment, ...]) -> None:
        """A play counts from the first thing that breaks on: where nothing does, `measure:` is a mistake."""
        rows = self.reader.items(item, "measure")
        breaking = [verb.name for verb in verbs().values() if verb.breaks]
        if rows and not any(moment.verb in breaking for moment in timeline):
            message = "measure: the timeline breaks nothing, so nothing would ever be counted"
            self.reader.problem(rows[0].line, message, f"add to `timeline:` one of: {', '.join(breaking)}")

    def _check(self, item: Item, what: str) -> Check | None:
        section = self.reader.section(item, what, check_words())
        if section is None:
            return None
        claim = self.reader.one_of(section.get("claim"), f"{what}: claim", "claim", CLAIMS)
        within = self.reader.duration(section.get("within"), f"{what}: within")
        expectation = self._expectation(section, item, what)
        return None if expectation is None else Check(expectation, claim or "", within or 0.0, item.line)

    def _expectation(self, section: Mapping[str, Item], item: Item, what: str) -> Expectation | None:
        kind = self._only_one(section, tuple(kinds()), item, what)
        if kind is None:
            return None
        return self._kinds.read(kinds()[kind], section[kind], f"{what}: {kind}")

    def _only_one(self, section: Mapping[str, Item], words: tuple[str, ...], item: Item, what: str) -> str | None:
        """The one of these words that is there. Where none is, but an unknown one, which was reported, that was it."""
        found = [word for word in section if word in words]
        if not found and isinstance(item.value, Mapping) and item.value.keys() - section.keys():
            return None
        if len(found) != 1:
            says = f"says {' and '.join(found)}" if found else "says nothing to do"
            self.reader.problem(item.line, f"{what} {says}", f"write exactly one of: {', '.join(words)}")
            return None
        return found[0]

    def _measure(self, item: Item, names: set[str]) -> Measure | None:
        what = "measure"
        section = self.reader.section(item, what, MEASURE)
        if section is None:
            return None
        written = self.reader.needed(section, "name", what, item.line, "name: no cure")
        name = self.reader.text(written, f"{what}: name")
        if name is not None and name in names:
            self.reader.problem(item.line, f"{what}: two rows have the name {quote(name)}", "give each its own")
        names.update(() if name is None else (name,))
        routers = self._some(section, "at", what, item.line, "node")
        lans = self._some(section, "to", what, item.line, "LAN")
        source = self.reader.one_of(section.get("from"), f"{what}: from", "node", self.nodes)
        return None if name is None else Measure(name, routers, lans, source or "")

    def _some(self, section: Mapping[str, Item], key: str, what: str, line: int, kind: str) -> tuple[str, ...]:
        """Names of nodes or LANs, one at least, each once."""
        known = self.lans if kind == "LAN" else self.nodes
        item = self.reader.needed(section, key, what, line, f"{key}: [{next(iter(known), 'a')}]")
        names = self.reader.some_of(item, f"{what}: {key}", kind, known)
        if item is not None:
            self.reader.not_empty(item, f"{what}: {key}", kind)
            self.reader.each_once(item, f"{what}: {key}", kind, names)
        return names

    def _moments(self, item: Item) -> tuple[Moment, ...]:
        what = "timeline"
        section = self.reader.section(item, what, moment_words())
        if section is None:
            return ()
        written = self.reader.needed(section, "at", what, item.line, "at: 10s")
        at = self.reader.duration(written, f"{what}: at")
        verb = self._only_one(section, (*verbs(), "expect"), item, what)
        if verb is None:
            return ()
        for name, owner in {name: each.name for each in verbs().values() for name in words_of(each.options)}.items():
            if name in section and verb != owner:
                self.reader.problem(
                    section[name].line, f"{what}: {name} beside {verb}", f"{name} belongs to `{owner}:`"
                )
        if verb == "expect":
            expect = self._expect(section, what)
            return () if at is None or expect is None else (Moment(at, expect=expect),)
        for word in ("within", "claim"):
            if word in section:
                self.reader.problem(section[word].line, f"{what}: {word} beside {verb}", f"{word} belongs to `expect:`")
        targets = self._some(section, verb, what, item.line, verbs()[verb].on)
        options = read_options(verbs()[verb].options, section, what, self.reader, self.nodes)
        given = None if options == verbs()[verb].options() else options
        return () if at is None else tuple(Moment(at, verb, target, options=given) for target in targets)

    def _expect(self, section: Mapping[str, Item], what: str) -> Check | None:
        item = section["expect"]
        inner = self.reader.section(item, f"{what}: expect", kinds())
        if inner is None:
            return None
        claim = self.reader.one_of(section.get("claim"), f"{what}: claim", "claim", CLAIMS)
        within = self.reader.duration(section.get("within"), f"{what}: within")
        expectation = self._expectation(inner, item, f"{what}: expect")
        return None if expectation is None else Check(expectation, claim or "", within or 0.0, item.line)
