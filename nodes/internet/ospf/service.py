"""What others have to know of the service `ospf`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Routing, Service, Table

if TYPE_CHECKING:
    from catenet.nodes.control.flooding import Flooding
    from catenet.nodes.control.topology import Disagree, Expected
    from catenet.nodes.internet.ospf.config import OspfOptions

__all__ = ["SERVICES"]


def _options() -> type[OspfOptions]:
    from catenet.nodes.internet.ospf.config import OspfOptions

    return OspfOptions


def _expected() -> Expected:
    from catenet.nodes.internet.ospf.expected import expected

    return expected


def _disagreements() -> Disagree:
    from catenet.nodes.internet.ospf.agreement import disagreements

    return disagreements


def _flooding() -> Flooding:
    from catenet.nodes.internet.ospf.seen import FLOODING

    return FLOODING


SERVICES = (
    Service(
        "ospf",
        "Routes by OSPF version 2 (RFC 2328). The timers' defaults are the sample values of its section C.3.",
        _options,
        routing=Routing(
            number=188,
            distance=110,
            expected=_expected,
            network_cost=1,
            disagreements=_disagreements,
            links="ospf links",
            flooding=_flooding,
        ),
        tables=(
            Table(
                "ospf",
                headings={"begins": "begins in (s)", "signs_for": "signs for (s)", "taken_for": "taken for (s)"},
                seconds=("timers",),
            ),
            Table("ospf lsdb", headings={"age": "age (s)", "left": "left (s)"}),
            Table("ospf neighbors", headings={"dead_in": "dead in (s)"}),
            Table("ospf bfd", headings={"for": "for (s)", "every": "every (ms)", "lost_after": "lost after (ms)"}),
            Table(
                "ospf interfaces",
                headings={
                    "changed": "changed (s)",
                    "last": "last (ms)",
                    "least": "least (ms)",
                    "window": "the last eight (ms)",
                },
            ),
            Table("ospf spf-tree"),
            Table("ospf links", headings={"distance": "router's distance"}),
            Table("ospf routes"),
        ),
        events={
            "neighbor.changed": "router, node, lan, address, state, was, cause: a neighbor's state (section 10.1)",
            "bfd.changed": "node, lan, address, state, was, cause: the BFD session with a neighbor (RFC 5880 6.2)",
            "designated.changed": "lan, designated, backup: who was elected on a LAN (section 9.4)",
            "cost.changed": "lan, cost, was, round_trip: a measured cost is another one; round_trip: milliseconds",
            "lsa.originated": "area, type, id, sequence, cause: it says something new of itself (section 12.4)",
            "lsa.installed": "area, type, id, router, sequence, lan, from: a newer LSA of another router (section 13)",
            "lsa.flushed": "area, type, id, router, cause: an LSA has reached MaxAge (section 14)",
            "key.changed": "key, method, was, until: another key signs (null: none); until: seconds since 1970",
            "key.expired": "key, method, lans, last: a key's time is over; last: it stays in use, as no other is valid",
        },
    ),
)
