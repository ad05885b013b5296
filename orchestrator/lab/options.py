"""`services:` and `defaults:` → each service's options, complete.

What the node says goes before the lab's `defaults`, and those before the defaults of the service's own dataclass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from catenet.nodes.catalogue import choices, options_class, services
from catenet.nodes.control.implementation import IMPLEMENTATION
from catenet.nodes.control.units import OptionError
from catenet.nodes.machine import Json
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.implementations import Chosen, check_beside, read_implementation
from catenet.orchestrator.lab.problems import nearest, quote
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.values import ValueReader, about_of, is_duration, option_hints, source_hints

__all__ = ["Written", "line_of", "options_as_json", "options_schema", "read_defaults", "read_services"]

Options = Mapping[str, Item]
"""A service's options as they are written."""


class Written(NamedTuple):
    """Where a node's service stands in the file, and its options with their lines, those of `defaults` among them."""

    line: int
    options: Options


def read_defaults(item: Item | None, reader: Reader) -> dict[str, Options]:
    """What every node's service of a name gets unless it says otherwise. Each is judged here, once."""
    defaults: dict[str, Options] = {}
    for service, child in reader.mapping(item, "defaults", "{rip: {update: 2s}}").items():
        if not _known(service, child, "defaults", reader):
            continue
        options = _OptionsReader(service, f"defaults: {service}", child, reader)
        values = options.values(options.own)
        if values is None:
            continue
        complete = all(name in values for name in _needed(service))  # else each node may still say it
        if not complete or options.make(values, options.own) is not None:
            defaults[service] = options.own
    return defaults


def read_services(
    item: Item | None, what: str, defaults: Mapping[str, Options], lans: Collection[str], reader: Reader
) -> tuple[dict[str, Any], dict[str, Chosen], dict[str, Written]]:
    """The services of one node, in the file's order → their options, the implementations that are not ours, and how
    they are written.

    `lans` are those that the node is on.
    """
    found: dict[str, Any] = {}
    chosen: dict[str, Chosen] = {}
    places: dict[str, Written] = {}
    named = _named(item, what, reader)
    for service, child in named.items():
        if not _known(service, child, what, reader):
            continue
        title = f"{what}: {service}"
        reading = _OptionsReader(service, title, child, reader)
        written = {**defaults.get(service, {}), **reading.own}
        values = reading.values(written, lans)
        options = None if values is None else reading.make(values, written)
        if options is not None:
            found[service], places[service] = options, Written(child.line, written)
            other = read_implementation(written.get(IMPLEMENTATION), service, options, title, reader)
            chosen |= {service: other} if other is not None else {}
    _report_shared_ports(found, named, what, reader)
    check_beside(found, chosen, what, reader)
    return found, chosen, places


def options_as_json(service: str, options: Any) -> Mapping[str, Json]:
    """The dataclass as JSON has it, complete, for the node."""
    return _adapter(service).dump_python(options, mode="json")  # type: ignore[no-any-return]


def options_schema(service: str) -> tuple[dict[str, Any], set[str], dict[str, str]]:
    """The JSON Schema of a service's options as pydantic makes it, those of them that are durations, and what each is
    for.
    """
    durations = {name for name, hint in option_hints(service).items() if is_duration(hint)}
    about = {name: about_of(hint) for name, hint in option_hints(service).items()}
    made = _adapter(service).json_schema(ref_template=f"#/$defs/{service}-options/$defs/{{model}}")
    for name, hint in source_hints(service).items():
        made["properties"][name] |= TypeAdapter(hint).json_schema()
    return made, durations, about


def _named(item: Item | None, what: str, reader: Reader) -> dict[str, Item]:
    """`[rip]` is short for `{rip: {}}`."""
    if item is None or isinstance(item.value, Mapping):
        return dict(reader.mapping(item, f"{what}: services"))
    named: dict[str, Item] = {}
    for child in reader.items(item, f"{what}: services"):
        service = reader.text(child, f"{what}: a service")
        if service in named:
            reader.problem(child.line, f"{what}: service {quote(service)} is here twice")
        if service is not None:
            named[service] = Item(None, child.line)
    return named


def _known(service: str, item: Item, what: str, reader: Reader) -> bool:
    if service not in choices():
        reader.problem(item.line, f"{what}: unknown service {quote(service)}", nearest(service, choices()))
    return service in choices()


class _OptionsReader:
    """One service where the file names it: `own` are the options that are written there."""

    def __init__(self, service: str, what: str, item: Item, reader: Reader) -> None:
        self._service, self._what, self._line, self._reader = service, what, item.line, reader
        self._sound = item.value is None or isinstance(item.value, Mapping)
        self._hints = option_hints(service)
        first = next((f"{option}: …" for option in self._hints), "")
        self.own = reader.mapping(item, what, f"{{{first}}}")

    def values(self, written: Options, lans: Collection[str] = ()) -> dict[str, Any] | None:
        """The options, without their lines; None where one is wrong.

        `lans` are those that the node is on: of others only `defaults` may speak.
        """
        anywhere, here = ValueReader(self._reader), ValueReader(self._reader, lans or None)
        values: dict[str, Any] = {}
        options = {key: item for key, item in written.items() if key != IMPLEMENTATION}
        for key, item in options.items():
            if key not in self._hints:
                self._reader.unknown_word(key, item.line, self._what, [*self._hints, IMPLEMENTATION])
                continue
            reader = here if key in self.own else anywhere
            if (value := reader.read(self._hints[key], item, f"{self._what}: {key}")) is not None:
                values[key] = value
        return values if self._sound and len(values) == len(options) else None

    def make(self, values: Mapping[str, Any], written: Options) -> Any:
        """The service's dataclass with these values; None where it refuses them."""
        missing = [name for name in _needed(self._service) if name not in values]
        for name in missing:
            message = f"{self._what}: `{name}:` is missing"
            self._reader.problem(self._line, message, f"like {{{name}: …}}; it has no default")
        if missing:
            return None
        try:
            return options_class(self._service)(**values)
        except ValueError as error:
            self._reader.problem(line_of(error, written, self._line), f"{self._what}: {error}")
            return None


def line_of(error: ValueError, written: Options, line: int) -> int:
    """Where that stands of which a dataclass complains; `line` where it does not say, or the option is not written."""
    if not isinstance(error, OptionError):
        return line
    option = next((written[name] for name in error.options if name in written), None)
    return line if option is None else next((at for text, at in _leaves(option) if text == error.inner), option.line)


def _leaves(item: Item) -> Iterator[tuple[str, int]]:
    """Each key and text in it, with its line."""
    if isinstance(item.value, Mapping):
        for key, child in item.value.items():
            yield key, child.line
            yield from _leaves(child)
    elif isinstance(item.value, tuple):
        for child in item.value:
            yield from _leaves(child)
    elif isinstance(item.value, str):
        yield item.value, item.line


@lru_cache
def _needed(service: str) -> tuple[str, ...]:
    """The options that have no default."""
    return tuple(
        field.name
        for field in fields(options_class(service))
        if field.default is MISSING and field.default_factory is MISSING
    )


@lru_cache
def _adapter(service: str) -> TypeAdapter[Any]:
    return TypeAdapter(options_class(service))


def _report_shared_ports(given: Mapping[str, Any], named: Mapping[str, Item], what: str, reader: Reader) -> None:
    """Two services of a node cannot listen on one port."""
    taken: dict[tuple[str, int], str] = {}
    for service, options in given.items():
        ports = services()[service].ports(options)
        clash = next((port for port in ports if port in taken), None)
        if clash is not None:
            message = f"{what}: {taken[clash]} and {service} both listen on port {clash[1]}"
            reader.problem(named[service].line, message, "give one of them a node of its own")
        taken = dict.fromkeys(ports, service) | taken
