"""`checks:` and `timeline:` → what must hold, and what happens when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.model import (
    Check,
    Expectation,
    FetchCheck,
    GoneCheck,
    LoopCheck,
    Measure,
    Moment,
    PathCheck,
    PingCheck,
    ResolveCheck,
    RoutesCheck,
)
from catenet.orchestrator.lab.problems import quote
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.vocabulary import CHECK, KINDS, LAN_VERBS, MEASURE, MOMENT, NODE_VERBS, ONE_OF, OPPOSITE
from catenet.orchestrator.lab.words import CLAIMS, DOMAIN

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
        self.kinds: dict[str, Callable[[Mapping[str, Item], str, int], Expectation | None]] = {
            "routes": self._routes,
            "resolve": self._resolve,
            "fetch": self._fetch,
            "path": self._path,
            "ping": self._ping,
            "gone": self._gone,
            "loop": self._loop,
        }

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
        if rows and not any(moment.verb in OPPOSITE for moment in timeline):
            message = "measure: the timeline breaks nothing, so nothing would ever be counted"
            self.reader.problem(rows[0].line, message, f"add to `timeline:` one of: {', '.join(OPPOSITE)}")

    def _check(self, item: Item, what: str) -> Check | None:
        section = self.reader.section(item, what, CHECK)
        if section is None:
            return None
        claim = self.reader.one_of(section.get("claim"), f"{what}: claim", "claim", CLAIMS)
        within = self.reader.duration(section.get("within"), f"{what}: within")
        expectation = self._expectation(section, item, what)
        return None if expectation is None else Check(expectation, claim or "", within or 0.0, item.line)

    def _expectation(self, section: Mapping[str, Item], item: Item, what: str) -> Expectation | None:
        kind = self._only_one(section, tuple(self.kinds), item, what)
        if kind is None:
            return None
        what = f"{what}: {kind}"
        words = self.reader.section(section[kind], what, KINDS[kind])
        return None if words is None else self.kinds[kind](words, what, section[kind].line)

    def _only_one(self, section: Mapping[str, Item], words: tuple[str, ...], item: Item, what: str) -> str | None:
        """The one of these words that is there."""
        found = [word for word in section if word in words]
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
        if item is not None and item.value in ((), None):
            self.reader.problem(item.line, f"{what}: {key} is empty: write one {kind} or more")
        twice = [name for name, times in Counter(names).items() if times > 1]
        if item is not None and twice:
            self.reader.problem(item.line, f"{what}: {key} names {kind} {twice[0]} more than once", "once will do")
        return names

    def _moments(self, item: Item) -> tuple[Moment, ...]:
        what = "timeline"
        section = self.reader.section(item, what, MOMENT)
        if section is None:
            return ()
        written = self.reader.needed(section, "at", what, item.line, "at: 10s")
        at = self.reader.duration(written, f"{what}: at")
        verb = self._only_one(section, (*LAN_VERBS, *NODE_VERBS, "expect"), item, what)
        if verb is None:
            return ()
        if "silent" in section and verb != "cut":
            line = section["silent"].line
            self.reader.problem(line, f"{what}: silent beside {verb}", "silent belongs to `cut:`")
        if verb == "expect":
            expect = self._expect(section, what)
            return () if at is None or expect is None else (Moment(at, expect=expect),)
        for word in ("within", "claim"):
            if word in section:
                self.reader.problem(section[word].line, f"{what}: {word} beside {verb}", f"{word} belongs to `expect:`")
        targets = self._some(section, verb, what, item.line, "LAN" if verb in LAN_VERBS else "node")
        silent = self.reader.flag(section.get("silent"), f"{what}: silent") or False
        return () if at is None else tuple(Moment(at, verb, target, silent=silent) for target in targets)

    def _expect(self, section: Mapping[str, Item], what: str) -> Check | None:
        item = section["expect"]
        inner = self.reader.section(item, f"{what}: expect", KINDS)
        if inner is None:
            return None
        claim = self.reader.one_of(section.get("claim"), f"{what}: claim", "claim", CLAIMS)
        within = self.reader.duration(section.get("within"), f"{what}: within")
        expectation = self._expectation(inner, item, f"{what}: expect")
        return None if expectation is None else Check(expectation, claim or "", within or 0.0, item.line)

    def _node(self, section: Mapping[str, Item], key: str, what: str, line: int) -> str | None:
        item = self.reader.needed(section, key, what, line, f"{key}: {next(iter(self.nodes), 'a')}")
        return self.reader.one_of(item, f"{what}: {key}", "node", self.nodes)

    def _routes(self, section: Mapping[str, Item], what: str, line: int) -> RoutesCheck | None:
        at = self._node(section, "at", what, line)
        written = self.reader.needed(section, "to", what, line, "to: link1")
        to = self.reader.one_of(written, f"{what}: to", "LAN", self.lans)
        cost = self.reader.number(section.get("cost"), f"{what}: cost", *KINDS["routes"]["cost"].bounds)
        kind, own = ("LAN", self.lans) if at is None else (f"LAN of node {at}", self.nodes[at])
        via = self.reader.some_of(section.get("via"), f"{what}: via", kind, own)
        if not section.keys() & set(ONE_OF["routes"]):
            hint = f"write one or both, like via: {next(iter(own), 'link1')}, cost: 2"
            self.reader.problem(line, f"{what}: `via:` or `cost:` is missing, which says what is expected", hint)
        elif "via" in section and section["via"].value in ((), None):
            self.reader.problem(section["via"].line, f"{what}: via is empty: write one LAN or more, or leave it out")
        return None if at is None or to is None else RoutesCheck(at, to, via, cost)

    def _resolve(self, section: Mapping[str, Item], what: str, line: int) -> ResolveCheck | None:
        at = self._node(section, "at", what, line)
        written = self.reader.needed(section, "name", what, line, "name: www.example.org")
        name = self.reader.text(written, f"{what}: name")
        if name is not None and written is not None and not DOMAIN.fullmatch(name):
            self.reader.problem(written.line, f"{what}: {quote(name)} is no domain name", "like www.example.org")
        cold = self.reader.flag(section.get("cold"), f"{what}: cold")
        messages = self.reader.number(
            section.get("messages"), f"{what}: messages", *KINDS["resolve"]["messages"].bounds
        )
        asks = self.reader.some_of(section.get("asks"), f"{what}: asks", "node", ("root", *self.nodes))
        gives = self.reader.address(section.get("gives"), f"{what}: gives")
        if at is None or name is None:
            return None
        return ResolveCheck(at, name, cold or False, messages, asks, gives)

    def _fetch(self, section: Mapping[str, Item], what: str, line: int) -> FetchCheck | None:
        at = self._node(section, "at", what, line)
        written = self.reader.needed(section, "url", what, line, 'url: "http://www.example.org/"')
        url = self.reader.text(written, f"{what}: url")
        if url is not None and written is not None and not _is_http(url):
            self.reader.problem(written.line, f"{what}: {quote(url)} is no URL of HTTP", "like http://www.example.org/")
        status = self.reader.number(section.get("status"), f"{what}: status", *KINDS["fetch"]["status"].bounds)
        return None if at is None or url is None else FetchCheck(at, url, status or 200)

    def _path(self, section: Mapping[str, Item], what: str, line: int) -> PathCheck | None:
        source = self._node(section, "from", what, line)
        target = self._node(section, "to", what, line)
        written = self.reader.needed(section, "routers", what, line, "routers: [a, b]")
        routers = self.reader.some_of(written, f"{what}: routers", "node", self.nodes)
        return None if source is None or target is None else PathCheck(source, target, routers)

    def _ping(self, section: Mapping[str, Item], what: str, line: int) -> PingCheck | None:
        source = self._node(section, "from", what, line)
        target = self._node(section, "to", what, line)
        answered = self.reader.flag(section.get("answered"), f"{what}: answered")
        return None if source is None or target is None else PingCheck(source, target, answered is not False)

    def _gone(self, section: Mapping[str, Item], what: str, line: int) -> GoneCheck:
        routers = self._some(section, "at", what, line, "node")
        return GoneCheck(routers, self._some(section, "to", what, line, "LAN"))

    def _loop(self, section: Mapping[str, Item], what: str, line: int) -> LoopCheck | None:
        source = self._node(section, "from", what, line)
        lans = self._some(section, "to", what, line, "LAN")
        found = self.reader.flag(section.get("found"), f"{what}: found")
        return None if source is None else LoopCheck(source, lans, found is not False)


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
