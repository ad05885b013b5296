"""The JSON Schema (2020-12) of lab files, for editors: made of the words that the readers go by, and of the options of
the services. It sees words and shapes; whether names, addresses and times fit together, only `catenet validate` sees.

An editor often knows draft 7 only. So what matters is said in its keywords, and nothing stands beside a reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from catenet.nodes.catalogue import choices, implementations
from catenet.nodes.control.implementation import IMPLEMENTATION
from catenet.nodes.control.units import DURATION, PERCENTAGE, RATE, format_duration
from catenet.orchestrator.checks import kinds
from catenet.orchestrator.faults import verbs
from catenet.orchestrator.faults.option import words_of
from catenet.orchestrator.lab.hosts import HOST_LIMIT, URL_PATTERN
from catenet.orchestrator.lab.kinds import check_words, kind_words
from catenet.orchestrator.lab.lans import LONGEST, SHORTEST
from catenet.orchestrator.lab.nodes import LONGEST_OWN
from catenet.orchestrator.lab.options import options_schema
from catenet.orchestrator.lab.reader import FLAGS
from catenet.orchestrator.lab.vocabulary import (
    LAN,
    MEASURE,
    NODE,
    PLACE,
    ROUTE,
    TOP,
    Word,
    Words,
    impairment_words,
    moment_words,
)
from catenet.orchestrator.lab.words import CLAIMS, DOMAIN, NAMES

__all__ = ["schema"]

Schema = dict[str, Any]

_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ADDRESS = rf"{_BYTE}(?:\.{_BYTE}){{3}}"


def schema() -> Schema:
    """The whole, as one JSON document."""
    expectations = {word: _section(kind_words(kind)) | _one_at_least(kind.one_of) for word, kind in kinds().items()}
    options = {f"{service}-options": _options(service) for service in choices()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A lab of catenet",
        **_section(TOP),
        **_for_two(),
        "$defs": {**_values(), **_structures(), **expectations, **options},
    }


def _section(words: Words) -> Schema:
    """A mapping with these words and no others."""
    return {
        "type": "object",
        "properties": {key: {"description": word.about, **_shape(word)} for key, word in words.items()},
        "required": [key for key, word in words.items() if word.needed],
        "additionalProperties": False,
    }


def _for_two() -> Schema:
    """Prefixes that are too long for bridges, where the file has no segments."""
    longer = "|".join(map(str, range(LONGEST["bridge"] + 1, max(LONGEST.values()) + 1)))
    lan = {"properties": {"prefix": {"not": {"type": "string", "pattern": f"/(?:{longer})$"}}}}
    return {
        "if": {
            "properties": {"wiring": {"enum": [word for word in LONGEST if word != "bridge"]}},
            "required": ["wiring"],
        },
        "else": {"properties": {"lans": {"additionalProperties": lan}}},
    }


def _exactly_one(words: Words, of: Iterable[str]) -> Schema:
    return {**_section(words), "oneOf": [{"required": [word]} for word in of]}


def _one_at_least(of: Sequence[str]) -> Schema:
    return {"anyOf": [{"required": [word]} for word in of]} if of else {}


def _shape(word: Word) -> Schema:
    if word.shape == "number":
        return {"type": "integer", "minimum": word.bounds[0], "maximum": word.bounds[1]}
    if word.choices:
        return {"enum": list(word.choices)}
    return _of(word.shape)


def _of(definition: str) -> Schema:
    return {"allOf": [{"$ref": f"#/$defs/{definition}"}]}


def _values() -> dict[str, Schema]:
    """What is written under a word in one piece, by the shape that the vocabulary gives it."""
    return {
        "text": {"type": "string", "minLength": 1},
        "names": {"anyOf": [_of("text"), _list(_of("text"))]},
        "flag": {"enum": [True, False, *FLAGS]},
        "duration": _whole(DURATION.pattern) | {"examples": ["200ms", "2s", "3m"]},
        **{unit.words: _whole(unit.pattern) | {"examples": [unit.like]} for unit in (PERCENTAGE, RATE)},
        "address": _whole(_ADDRESS),
        "own-address": _whole(rf"{_ADDRESS}(?:/(?:{'|'.join(map(str, range(SHORTEST, LONGEST_OWN + 1)))}))?"),
        "hardware-address": _whole("[0-9a-fA-F][02468aceACE](?::[0-9a-fA-F]{2}){5}"),
        "prefix": _whole(rf"{_ADDRESS}/(?:{'|'.join(map(str, range(SHORTEST, max(LONGEST.values()) + 1)))})"),
        "domain": _whole(DOMAIN.pattern),
        "url": {"type": "string", "pattern": "^https?://[^/]"},
        "claim": {"enum": list(CLAIMS)},
        "claims": {"anyOf": [_of("claim"), _list(_of("claim"))]},
        "lab-name": _whole(NAMES["lab"].pattern),
        "host-name": _whole(NAMES["host"].pattern),
        "host-url": _whole(URL_PATTERN),
    }


def _structures() -> dict[str, Schema]:
    """The same of what has words of its own."""
    of_services = {service: _of(f"{service}-options") for service in choices()}
    by_service = _or_nothing({"type": "object", "properties": of_services, "additionalProperties": False})
    place = {"anyOf": [{"type": "null"}, _of("own-address"), _section(PLACE)]}
    by_lan = {"type": "object", "additionalProperties": place, "minProperties": 1}
    options = {name: [verb.name] for verb in verbs().values() for name in words_of(verb.options)}
    beside = {"within": ["expect"], "claim": ["expect"], **options}
    moment = _exactly_one(moment_words(), (*verbs(), "expect"))
    return {
        "hosts": _chosen("host", _of("host-url")) | {"maxProperties": HOST_LIMIT},
        "lans": _chosen("LAN", _or_nothing(_section(LAN))),
        "nodes": _chosen("node", _section(NODE)) | {"minProperties": 1},
        "places": {"anyOf": [_of("text"), {"type": "array", "items": _of("text"), "minItems": 1}, by_lan]},
        "services": {"anyOf": [{"type": "array", "items": {"enum": list(choices())}}, by_service]},
        "defaults": by_service,
        "static-routes": _list(_section(ROUTE)),
        "impairments": _chosen("LAN", {"anyOf": [_section(impairment_words()), _list(_section(impairment_words()))]}),
        "checks": _list(_exactly_one(check_words(), kinds())),
        "measure": _list(_section(MEASURE)),
        "timeline": _list({**moment, "dependentRequired": beside}),
        "expectation": _exactly_one({kind: check_words()[kind] for kind in kinds()}, kinds()),
    }


def _whole(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def _list(of: Schema) -> Schema:
    return _or_nothing({"type": "array", "items": of})


def _or_nothing(shape: Schema) -> Schema:
    """A word with nothing behind it is as good as an empty list or mapping."""
    return {**shape, "type": [shape["type"], "null"]}


def _chosen(kind: str, of: Schema) -> Schema:
    """A mapping whose keys are the user's names for things of that kind."""
    return {"type": "object", "propertyNames": _whole(NAMES[kind].pattern), "additionalProperties": of}


def _options(service: str) -> Schema:
    """A service's dataclass. Where it needs an option, that may stand in `defaults` too: none is required here."""
    made, durations, said = options_schema(service)
    needed = made.pop("required", ())
    made.pop("title", None)
    options: Schema = {}
    for name, shape in made.pop("properties").items():
        remark = f"{said[name]} It must be given." if name in needed else said[name]
        options[name] = _option(shape, remark, duration=name in durations)
    options[IMPLEMENTATION] = _implementation(service)
    return _or_nothing({**made, "properties": options, "description": choices()[service].about})


def _implementation(service: str) -> Schema:
    choice = implementations(service)
    path: list[Schema] = [{"type": "string", "pattern": r"^\./"}] if choice.own else []
    names = [str(each) for each in choice.named]
    return {"description": f"Who does the work: {', '.join(choice.words())}.", "anyOf": [{"enum": names}, *path]}


def _option(shape: Schema, remark: str, *, duration: bool) -> Schema:
    default = shape.get("default")
    kept = _of("duration") if duration else {key: value for key, value in shape.items() if key != "title"}
    if default is None:
        return {**kept, "description": remark}
    written = format_duration(default) if duration else default
    words = written if isinstance(written, str) else json.dumps(written)
    return {**kept, "default": written, "description": f"{remark} Default: {words}.".strip()}
