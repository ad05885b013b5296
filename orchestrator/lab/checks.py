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
from catenet.orchestrator.lab.vocabulary import CHECK, KINDS, LAN_VERBS, MEASURE, MOMENT, NODE_VERBS, OPPOSITE
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
        self.kinds: dict[str, Callable[[Item, str], Expectation | None]] = {
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
        claim = self.reader.one_of(section.get("claim"), f"{what}: claim", "claim", CLAIMS)
        within = self.reader.duration(section.get("within"), f"{what}: within")
        expectation = self._expectation(section, item, what)
        return None if expectation is None else Check(expectation, claim or "", within or 0.0, item.line)

    def _expectation(self, section: Mapping[str, Item], item: Item, what: str) -> Expectation | None:
        kind = self._only_one(section, tuple(self.kinds), item, what)
        return None if kind is None else self.kinds[kind](section[kind], f"{what}: {kind}")

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
        if item is not None and not names and not item.value:
            self.reader.problem(item.line, f"{what}: {key} is empty: write one {kind} or more")
        twice = [name for name, times in Counter(names).items() if times > 1]
        if item is not None and twice:
            self.reader.problem(item.line, f"{what}: {key} names {kind} {twice[0]} more than once", "once will do")
        return names

    def _moments(self, item: Item) -> tuple[Moment, ...]:
        what = "timeline"
        section = self.reader.section(item, what, MOMENT)
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
        claim = self.reader.one_of(section.get("claim"), f"{what}: claim", "claim", CLAIMS)
        within = self.reader.duration(section.get("within"), f"{what}: within")
        expectation = self._expectation(inner, item, f"{what}: expect")
        return None if expectation is None else Check(expectation, claim or "", within or 0.0, item.line)

    def _node(self, section: Mapping[str, Item], key: str, what: str, line: int) -> str | None:
        item = self.reader.needed(section, key, what, line, f"{key}: {next(iter(self.nodes), 'a')}")
        return self.reader.one_of(item, f"{what}: {key}", "node", self.nodes)

    def _routes(self, item: Item, what: str) -> RoutesCheck | None:
        section = self.reader.section(item, what, KINDS["routes"])
        at = self._node(section, "at", what, item.line)
        written = self.reader.needed(section, "to", what, item.line, "to: link1")
        to = self.reader.one_of(written, f"{what}: to", "LAN", self.lans)
        cost = self.reader.needed(section, "cost", what, item.line, "cost: 2")
        links = self.reader.number(cost, f"{what}: cost", *KINDS["routes"]["cost"].bounds)
        if at is None or to is None:
            return None
        own = self.nodes[at]
        via = self.reader.some_of(section.get("via"), f"{what}: via", f"LAN of node {at}", own)
        if "via" not in section and to not in own:
            message = f"{what}: `via:` is missing, and LAN {to} is not one of {at}'s own"
            self.reader.problem(item.line, message, f"write one or more of: {', '.join(own)}")
        return None if links is None else RoutesCheck(at, to, via, links)

    def _resolve(self, item: Item, what: str) -> ResolveCheck | None:
        section = self.reader.section(item, what, KINDS["resolve"])
        at = self._node(section, "at", what, item.line)
        written = self.reader.needed(section, "name", what, item.line, "name: www.example.org")
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

    def _fetch(self, item: Item, what: str) -> FetchCheck | None:
        section = self.reader.section(item, what, KINDS["fetch"])
        at = self._node(section, "at", what, item.line)
        written = self.reader.needed(section, "url", what, item.line, 'url: "http://www.example.org/"')
        url = self.reader.text(written, f"{what}: url")
        if url is not None and written is not None and not _is_http(url):
            self.reader.problem(written.line, f"{what}: {quote(url)} is no URL of HTTP", "like http://www.example.org/")
        status = self.reader.number(section.get("status"), f"{what}: status", *KINDS["fetch"]["status"].bounds)
        return None if at is None or url is None else FetchCheck(at, url, status or 200)

    def _path(self, item: Item, what: str) -> PathCheck | None:
        section = self.reader.section(item, what, KINDS["path"])
        source = self._node(section, "from", what, item.line)
        target = self._node(section, "to", what, item.line)
        written = self.reader.needed(section, "routers", what, item.line, "routers: [a, b]")
        routers = self.reader.some_of(written, f"{what}: routers", "node", self.nodes)
        return None if source is None or target is None else PathCheck(source, target, routers)

    def _ping(self, item: Item, what: str) -> PingCheck | None:
        section = self.reader.section(item, what, KINDS["ping"])
        source = self._node(section, "from", what, item.line)
        target = self._node(section, "to", what, item.line)
        answered = self.reader.flag(section.get("answered"), f"{what}: answered")
        return None if source is None or target is None else PingCheck(source, target, answered is not False)

    def _gone(self, item: Item, what: str) -> GoneCheck:
        section = self.reader.section(item, what, KINDS["gone"])
        routers = self._some(section, "at", what, item.line, "node")
        return GoneCheck(routers, self._some(section, "to", what, item.line, "LAN"))

    def _loop(self, item: Item, what: str) -> LoopCheck | None:
        section = self.reader.section(item, what, KINDS["loop"])
        source = self._node(section, "from", what, item.line)
        lans = self._some(section, "to", what, item.line, "LAN")
        found = self.reader.flag(section.get("found"), f"{what}: found")
        return None if source is None else LoopCheck(source, lans, found is not False)


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
