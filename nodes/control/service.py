"""The declaration of a service: all that others have to know of it, in one value in its protocol's room.

Each room that has services has a `service.py` with `SERVICES`; nodes/catalogue finds it by listing the rooms. Nodes and
orchestrator both read every declaration, so it costs next to nothing: it imports this module, nodes/address and typing;
what is heavier stands in a function that imports it when it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from catenet.nodes.control.certificate import Tls
    from catenet.nodes.control.flooding import Flooding
    from catenet.nodes.control.needs import KnowNames, ReadNeeds, Tell
    from catenet.nodes.control.topology import Disagree, Expected

__all__ = [
    "GUARD_CHAINS",
    "IMPAIRED_DEVICES",
    "LAST_RESORT",
    "Listen",
    "Naming",
    "Routing",
    "Service",
    "Source",
    "Table",
    "Tcp",
]

IMPAIRED_DEVICES = "impaired"
"""How the devices begin by whose emulator a LAN is impaired: a number follows."""
GUARD_CHAINS = "catenet-"
"""How the names of those chains of the kernel's packet filter begin by which a node's packets wait for a service."""
LAST_RESORT = 256
"""What a last resort stands behind its source's distance, which is one octet in every router that we know."""


class Source(NamedTuple):
    """Whose a route is. `number`: by which the kernel marks it (rtnetlink(7): rtm_protocol); `distance`: of several
    sources that have a route to one prefix the nearest is believed.
    """

    name: str
    number: int
    distance: int

    def rank(self, *, last_resort: bool) -> int:
        """The less, the sooner its route is believed: the kernel's metric. A last resort stands behind all that are
        none, whatever the distances say; no two sources' routes have the same.
        """
        return self.distance + (LAST_RESORT if last_resort else 0)


class Routing(NamedTuple):
    """A service that finds routes. Numbers and distances are a `Source`'s, and no two services have the same.

    `expected`: → what says which routes it should find (control/topology).
    `disagreements`: → what says which routers' options keep them from speaking with each other; None: nothing does.
    `unreachable`: the metric that says that there is no way; None: none does.
    `network_cost`: what the network at a route's end adds to the metric; the cost that users are told is without it.
    `message_names`: (a message as its hearer calls it, how its sender says that it went) → its name, where the sender
    knows better.
    `links`: the table that has the whole network as the service knows it, each row a `control/answers.KnownLink`;
    empty: it knows of no more than its neighbours.
    `flooding`: → how what its routers say of themselves is told from router to router (control/flooding), where it can
    be followed; then its nodes answer the question `originate`. None: it cannot.
    """

    number: int
    distance: int
    expected: Callable[[], Expected]
    unreachable: int | None = None
    network_cost: int = 0
    message_names: Mapping[tuple[str, str], str] = {}
    disagreements: Callable[[], Disagree] | None = None
    links: str = ""
    flooding: Callable[[], Flooding] | None = None

    def cost(self, metric: int) -> int:
        """Of a route that can be used, by its metric."""
        return max(0, metric - self.network_cost)


class Listen(NamedTuple):
    """Where it listens. `port`: a number, or the name of the option that holds it. `scheme`: that of the URLs by which
    others reach it there without TLS; empty where it has none.
    """

    transport: Literal["udp", "tcp"]
    port: int | str
    scheme: str = ""


class Naming(NamedTuple):
    """A service that answers questions for names.

    `resolves`: all of them, so that a node may have it for its resolver; else only those that it was given.
    `knows`: → what says which names of nodes it must be told (control/needs); None: none.
    `roots`: options → whether it serves the root; None: never.
    """

    resolves: bool = False
    knows: Callable[[], KnowNames] | None = None
    roots: Callable[[Any], bool] | None = None


class Table(NamedTuple):
    """What `show NAME` shows, and how it is drawn. `headings`: field → its heading, where that is not its name;
    `seconds`: the parts whose numbers are all seconds; `first`: fields that stand before all others, in this order.
    """

    name: str
    headings: Mapping[str, str] = {}
    seconds: tuple[str, ...] = ()
    first: tuple[str, ...] = ()


class Tcp(NamedTuple):
    """What a service does over TCP. `without`: what is lost of it on a stack that has none, in words for who reads a
    lab's notes; empty: it cannot be there.
    """

    without: str = ""


class Service(NamedTuple):
    """A service, by the name that a lab file has for it. `nodes/services/NAME.py` runs it.

    `about`: what it is, in a sentence or two.
    `options`: → the frozen dataclass of its options; every field has its default there, and says what it is for.
    `routing`: where it finds routes; then `show NAME` is its table. `naming`: where it answers for names.
    `tables`: what of it can be shown.
    `caches`: whether it keeps what it has learned, and so begins anew where every cache is emptied.
    `events`: kind → what such an event carries, in brackets where not always, and what it means; beside the kinds that
    all nodes have (control/events).
    `fetches`: the program in the node that fetches a URL; with --json it prints one JSON object, with the `status` of
    the answer.
    `calls`: the option that holds the user whose telephone it is; empty: it is none. The node answers the questions
    `call`, `answer`, `refuse`, `hangup`, `heard` and `said`; its table of the service's name is a `control/calls.Call`.
    `needs`: → what says what it needs of its lab beside its options (control/needs). It may read the folder that it is
    given, and nothing else; None: it needs nothing.
    `told`: → what says what it is told of the lab's nodes, its own among them (control/needs); None: nothing.
    `stands_on`: the services on which it stands where its node has them: they serve before it is started, it is started
    anew when they are, and stopped before them. Its ports and connections are of the network that one offers.
    `echoes`: whether it sends back every UDP datagram that comes to the first port on which it listens.
    `guards`: whether it is to see each packet that crosses its node: it has a `Crossing` port, and before it first has
    it, nothing crosses the node, nor does the node answer.
    `tls`: the option that says whether it speaks TLS, and with which certificate (control/certificate); empty: it never
    does. Where it does, it is told its certificate, and its URLs' schemes have an s at their end.
    `separates`: options → whether the addresses behind its node mean nothing on the LAN outside, so that another realm
    (RFC 2663 section 2.1) may have them too; None: never. The LAN outside is its option `outside`, which holds a LAN's
    name; where that is empty, it is the LAN of the node's default gateway. The node's other LANs are behind it.
    `tcp`: what it does over TCP; None: nothing. `written`: whether a lab file may name it; else a node runs it because
    of another word of its configuration.
    """

    name: str
    about: str
    options: Callable[[], type[Any]]
    listens: tuple[Listen, ...] = ()
    routing: Routing | None = None
    naming: Naming | None = None
    tables: tuple[Table, ...] = ()
    caches: bool = False
    events: Mapping[str, str] = {}
    fetches: str = ""
    calls: str = ""
    needs: Callable[[], ReadNeeds] | None = None
    told: Callable[[], Tell] | None = None
    tls: str = ""
    stands_on: tuple[str, ...] = ()
    separates: Callable[[Any], bool] | None = None
    guards: bool = False
    tcp: Tcp | None = None
    written: bool = True
    echoes: bool = False

    def ports(self, options: Any) -> list[tuple[str, int]]:
        """The transports and ports on which it listens, with these options."""
        return [
            (each.transport, getattr(options, each.port) if isinstance(each.port, str) else each.port)
            for each in self.listens
        ]

    def certificate(self, options: Any) -> Tls:
        """Which certificate it shows, with these options; `off`: it speaks no TLS."""
        word: Tls = getattr(options, self.tls) if self.tls else "off"
        return word

    def schemes(self, options: Any) -> list[str]:
        """Those of the URLs by which others reach it, with these options."""
        secure = "" if self.certificate(options) == "off" else "s"
        return [f"{each.scheme}{secure}" for each in self.listens if each.scheme]

    @property
    def needs_kernel(self) -> str:
        """Why it can be on no other stack than the kernel's, in words; empty: it can."""
        if self.guards:
            return "judges in the kernel what crosses the node"
        return "speaks TCP, which the userspace stack has not" if self.tcp is not None and not self.tcp.without else ""

    @property
    def resolves(self) -> bool:
        """Whether a node may have it for its resolver."""
        return self.naming is not None and self.naming.resolves

    @property
    def source(self) -> Source | None:
        """Of the routes that it finds."""
        return None if self.routing is None else Source(self.name, self.routing.number, self.routing.distance)
