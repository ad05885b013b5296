"""What the rooms say of their services: each declaration is whole, and cheap enough for every node to read them all."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from catenet.nodes import application, catalogue
from catenet.nodes.catalogue import daemon, implementations, options_class, service_module, services
from catenet.nodes.control.certificate import Tls
from catenet.nodes.control.implementation import OURS, Implementation
from catenet.nodes.control.service import Service
from catenet.nodes.control.units import About, OptionError
from catenet.nodes.implementations.daemon import Daemon, RoutingDaemon

KERNEL, STATIC = ("kernel", 2, 0), ("static", 4, 1)
"""The sources of routes that are no service: number (rtnetlink(7)) and distance."""


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The rooms are listed anew, before the test and after it."""
    services.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    services.cache_clear()


@pytest.mark.parametrize("service", services().values(), ids=lambda service: service.name)
def test_a_declaration_is_whole(service: Service) -> None:
    options = service.options()
    assert is_dataclass(options)
    assert options.__dataclass_params__.frozen
    assert all(callable(of()) for of in (service.needs, service.told, service.naming and service.naming.knows) if of)
    assert callable(import_module(service_module(service.name)).serve)
    choice = implementations(service.name)
    assert choice.named[0] == OURS
    for other in (*choice.named[1:], *([Implementation.parse("./x")] if choice.own else [])):
        assert isinstance(daemon(other, service.name), RoutingDaemon if service.routing else Daemon)


@pytest.mark.parametrize("service", [each for each in services().values() if each.tls], ids=lambda each: each.name)
def test_the_option_that_says_whether_tls_is_spoken_has_the_words_of_certificates(service: Service) -> None:
    assert get_type_hints(service.options())[service.tls] == Tls


def test_what_speaks_tls_has_urls_that_say_so() -> None:
    web = services()["web"]
    plain, secure = (web.options()(root="a", tls=word) for word in ("off", "expired"))
    assert (web.schemes(plain), web.ports(plain)) == (["http"], [("tcp", 80)])
    assert (web.schemes(secure), web.ports(secure)) == (["https"], [("tcp", 443)])
    assert services()["rip"].certificate(services()["rip"].options()()) == "off"


def test_each_file_of_an_implementation_is_a_service_that_there_is() -> None:
    """Else nobody would find it. What the files of a folder share is in program.py, so no service may be called that;
    nor as a folder, since its programs have one beside those of the services in the node.
    """
    folder = Path(import_module("catenet.nodes.implementations").__path__[0])
    files = {file.stem for file in folder.glob("*/*.py")} - {"__init__"}
    assert files - {"program"} <= set(services())
    assert not {"program", *(each.parent.name for each in folder.glob("*/__init__.py"))} & set(services())


def test_who_can_do_what() -> None:
    words = implementations("rip").words()
    assert (words[0], words[-1]) == ("catenet", "./path")
    assert {"bird", "frr"} <= set(words)
    assert {"bird", "frr"} <= set(implementations("ospf").words())
    assert not {"bird", "frr"} & set(implementations("web").words())
    assert "./path" not in implementations("browse").words()
    for word, service in (("frr", "web"), ("./x", "browse"), ("own_program", "rip"), ("catenet", "rip")):
        with pytest.raises(KeyError):
            daemon(Implementation.parse(word), service)


@pytest.mark.parametrize("service", services())
def test_every_option_says_what_it_is_for_in_sentences(service: str) -> None:
    hints = get_type_hints(options_class(service), include_extras=True)
    for field in fields(options_class(service)):
        (about,) = [mark.words for mark in hints[field.name].__metadata__ if isinstance(mark, About)]
        assert re.fullmatch(r"[A-Z{].*\.", about), field.name


@pytest.mark.parametrize(
    ("service", "given", "option", "inner"),
    [
        ("rip", {"update": 0.0}, "update", ""),
        ("rip", {"update": 100.0}, "timeout", ""),
        ("rip", {"split_horizon": "x"}, "split_horizon", ""),
        ("rip", {"triggered": "x"}, "triggered", ""),
        ("rip", {"cost": {"l": 16}}, "cost", "l"),
        ("rip", {"redistribute": ("rip",)}, "redistribute", "rip"),
        ("rip", {"tag": -1}, "tag", ""),
        ("rip", {"fail_secure": "x"}, "fail_secure", ""),
        ("rip", {"auth": {"password": "x" * 17}}, "auth", "password"),
        ("rip", {"auth": {"password": "x", "md5": {"1": "x"}}}, "auth", "password"),
        ("rip", {"auth": {"md6": {"1": "x"}}}, "auth", "md6"),
        ("rip", {"auth": {"md5": {}}}, "auth", "md5"),
        ("rip", {"auth": {"md5": {"256": "x"}}}, "auth", "256"),
        ("rip", {"auth": {"md5": {"07": {"hex": "0"}}}}, "auth", "07"),
        ("rip", {"auth": {"md5": {"7": {"hexx": "00"}}}}, "auth", "7"),
        ("rip", {"auth": {"md5": {"7": {"secret": "x", "from": "2m", "until": "1m"}}}}, "auth", "7"),
        ("rip", {"auth": {"md5": {"1": "x"}, "hmac-sha-1": {"1": "x"}}}, "auth", "1"),
        ("ospf", {"hello": 0.0}, "hello", ""),
        ("ospf", {"hello": 30.0}, "dead", ""),
        ("ospf", {"area": {"l": "x"}}, "area", "l"),
        ("ospf", {"areas": {"0": "stub"}}, "areas", "0"),
        ("ospf", {"network": {"l": "x"}}, "network", "l"),
        ("ospf", {"cost": {"l": 0}}, "cost", "l"),
        ("ospf", {"priority": {"l": 256}}, "priority", "l"),
        ("ospf", {"redistribute": ("ospf",)}, "redistribute", "ospf"),
        ("ospf", {"router_id": "x"}, "router_id", ""),
        ("ospf", {"metric_type": 0}, "metric_type", ""),
        ("ospf", {"auth": {"password": "x" * 9}}, "auth", "password"),
        ("nat", {"mapping": "x"}, "mapping", ""),
        ("nat", {"outside": "l", "inside": ("k", "l")}, "inside", "l"),
        ("nat", {"udp_timeout": 0.0}, "udp_timeout", ""),
        ("nat", {"first_port": 3000, "last_port": 2000}, "last_port", ""),
        ("nat", {"last_port": 64512}, "last_port", ""),
        ("nat", {"max_mappings": 0}, "max_mappings", ""),
        ("nameserver", {"zones": ()}, "zones", ""),
        ("nameserver", {"zones": ("a..b",)}, "zones", "a..b"),
        ("nameserver", {"zones": ("edu", "EDU")}, "zones", "EDU"),
        ("resolver", {"hints": {}}, "hints", ""),
        ("resolver", {"hints": {"a": "x"}}, "hints", "a"),
        ("resolver", {"hints": {"a": "224.0.0.1"}}, "hints", "a"),
        ("resolver", {"hints": {"a": "10.0.0.1", "A": "10.0.0.1"}}, "hints", "A"),
        ("resolver", {"qname_minimisation": "x"}, "qname_minimisation", ""),
        ("resolver", {"cache": 1}, "cache", ""),
        ("resolver", {"timeout": 0.0}, "timeout", ""),
        ("resolver", {"deadline": 0.0}, "deadline", ""),
        ("web", {"root": "../x"}, "root", ""),
        ("web", {"root": "x", "port": 0}, "port", ""),
        ("web", {"root": "x", "idle": 0.0}, "idle", ""),
        ("browse", {"timeout": 0.0}, "timeout", ""),
        ("browse", {"width": 0}, "width", ""),
        ("directory", {"accounts": {"Alice": "x" * 8}}, "accounts", "Alice"),
        ("directory", {"accounts": {"alice": "x" * 7}}, "accounts", "alice"),
        ("directory", {"accounts": {"alice": "x" * 129}}, "accounts", "alice"),
        ("directory", {"accounts": {"alice": "12345678\n"}}, "accounts", "alice"),
        ("directory", {"supernodes": ("alice",)}, "supernodes", "alice"),
        ("directory", {"tls": "off"}, "tls", ""),
        ("directory", {"tls": "x"}, "tls", ""),
        ("directory", {"port": 0}, "port", ""),
        ("directory", {"memory": 8191}, "memory", ""),
        ("directory", {"passes": 0}, "passes", ""),
        ("directory", {"sessions": 59.0}, "sessions", ""),
        ("directory", {"credentials": 9.0}, "credentials", ""),
        ("directory", {"steady": 601.0}, "steady", ""),
        ("directory", {"tenure": -1.0}, "tenure", ""),
        ("directory", {"promote_at": 101}, "demote_at", ""),
        ("directory", {"demote_at": 70}, "demote_at", ""),
    ],
)
def test_what_is_refused_says_which_option_and_what_in_it(
    service: str, given: dict[str, Any], option: str, inner: str
) -> None:
    with pytest.raises(OptionError, match=option) as refused:
        options_class(service)(**given)
    assert refused.value.options[0] == option
    assert refused.value.inner == inner


def test_names_numbers_and_distances_are_each_its_own() -> None:
    rooms = [import_module(f"{room}.service") for room in _rooms()]
    names = Counter(service.name for room in rooms for service in room.SERVICES)
    assert {name for name, times in names.items() if times > 1} == set()
    sources = [KERNEL, STATIC, *(each.source for each in services().values() if each.source is not None)]
    for which, of in enumerate(("name", "number", "distance")):
        assert len({source[which] for source in sources}) == len(sources), of
    assert all(0 < source[1] < 253 and 0 <= source[2] < 253 for source in sources)


def test_a_room_declares_what_its_folder_says(anew: pytest.MonkeyPatch, tmp_path: Path) -> None:
    room = tmp_path / "gopher"
    room.mkdir()
    anew.setattr(application, "__path__", [*application.__path__, str(tmp_path)])
    before = set(services())
    services.cache_clear()
    assert set(services()) == before  # a room without a declaration has no services
    (room / "service.py").write_text(
        "from catenet.nodes.control.service import Service\nSERVICES = (Service('gopher', 'Menus.', lambda: int),)\n"
    )
    services.cache_clear()
    try:
        assert set(services()) == {*before, "gopher"}
        assert options_class("gopher") is int
    finally:
        for name in [name for name in sys.modules if name.startswith("catenet.nodes.application.gopher")]:
            del sys.modules[name]


def test_to_read_them_all_imports_nothing_else() -> None:
    program = """
import __future__, collections.abc, functools, importlib, pathlib, sys, typing
before = set(sys.modules)
from catenet.nodes.catalogue import services
services()
print(*sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-I", "-c", program], check=True, capture_output=True, text=True)
    rooms = {name for room in _rooms() for name in (room.rpartition(".")[0], room, f"{room}.service")}
    allowed = {"catenet", "catenet.nodes", "catenet.nodes.control", "catenet.nodes.link", catalogue.__name__}
    control = {"catenet.nodes.control.implementation", "catenet.nodes.control.service"}
    assert set(done.stdout.split()) <= {*rooms, *allowed, *control}


def _rooms() -> set[str]:
    """The packages of the rooms that declare services."""
    return {
        f"catenet.nodes.{file.parent.parent.name}.{file.parent.name}"
        for file in Path(catalogue.__file__).parent.glob("*/*/service.py")
    }
