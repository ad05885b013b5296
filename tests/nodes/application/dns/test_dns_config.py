from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from catenet.nodes.address import Address
from catenet.nodes.application.dns.config import NameserverOptions, ResolverOptions
from catenet.nodes.application.dns.name import Name
from catenet.nodes.machine import Json


def test_zones() -> None:
    options = NameserverOptions(zones=["root", "uiuc.edu"])  # type: ignore[arg-type]  # as JSON has it
    assert options.zones == ("root", "uiuc.edu")
    assert options.origins == {"root": Name.root, "uiuc.edu": Name.parse("uiuc.edu")}


@pytest.mark.parametrize(
    ("zones", "why"),
    [((), "empty"), (("a..b",), "a..b"), (("",), "''"), (("edu", "EDU"), "twice"), ((5,), "5")],
)
def test_wrong_zones(zones: tuple[str, ...], why: str) -> None:
    with pytest.raises(ValueError, match=rf"zones.*{why}"):
        NameserverOptions(zones)


def test_the_labs_root_servers() -> None:
    told: dict[str, Json] = {"hints": {"a.root-servers.net": "192.0.2.1"}}
    assert ResolverOptions().servers(told) == {"a.root-servers.net": Address.parse("192.0.2.1")}
    for wrong in ([], 3, {"a": "1.2.3"}, {"a": None}):
        with pytest.raises(ValueError, match=r"hints|address"):
            ResolverOptions().servers({"hints": wrong})
    with pytest.raises(ValueError, match="no node of this lab serves the zone root"):
        ResolverOptions().servers({})


def test_root_servers_of_ones_own() -> None:
    assert ResolverOptions(hints={"a.root": "192.0.2.9"}).servers({}) == {"a.root": Address.parse("192.0.2.9")}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"hints": {}}, "hints"),
        ({"hints": {"a": "1.2.3"}}, "1.2.3"),
        ({"hints": {"a..b": "1.2.3.4"}}, "a..b"),
        ({"qname_minimisation": "strict"}, "strict"),
        ({"cache": 1}, "cache 1"),
        ({"timeout": 0.0}, "timeout"),
        ({"timeout": 5.0, "deadline": 4.0}, "deadline"),
    ],
)
def test_wrong_options(options: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ResolverOptions(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [NameserverOptions, ResolverOptions])
def test_unknown_words_are_refused(kind: type) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python({"zones": ["root"], "hint": "lab"})
    assert TypeAdapter(ResolverOptions).validate_python({"qname_minimisation": "off"}).hints == "lab"


@pytest.mark.parametrize(
    ("zones", "words"),
    [
        (("example.",), ("example",)),
        (("Example", "."), ("example", "root")),
        (("ROOT", "root."), ("root", "root.")),
        ((r"a\.B.c",), (r"a\.b.c",)),
    ],
)
def test_zones_have_one_way_to_be_written(zones: tuple[str, ...], words: tuple[str, ...]) -> None:
    """RFC 1034 section 3.1: names are compared without case. `root` is the root; one called so, `root.`."""
    options = NameserverOptions(zones)
    assert options.zones == words
    assert NameserverOptions(options.zones) == options
    assert options.origins == NameserverOptions(options.zones).origins


def test_a_zone_or_a_root_server_written_in_two_ways_is_there_twice() -> None:
    for zones in (("example", "example."), ("root", "."), ("Example", "example")):
        with pytest.raises(ValueError, match="twice, as"):
            NameserverOptions(zones)
    with pytest.raises(ValueError, match="twice, as"):
        ResolverOptions(hints={"a.root": "192.0.2.1", "A.root.": "192.0.2.2"})


def test_a_root_server_is_a_host() -> None:
    """RFC 1122 section 3.2.1.3."""
    for address in ("0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"):
        with pytest.raises(ValueError, match="no host's address"):
            ResolverOptions(hints={"a.root": address})
