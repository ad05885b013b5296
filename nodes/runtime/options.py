"""A service's options: JSON → the frozen dataclass of its protocol's room."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from catenet.nodes.control.config import ConfigError
from catenet.nodes.machine import Json

__all__ = ["build_options"]


def build_options(service: str, kind: type[Any], given: Mapping[str, Json]) -> Any:
    """The options of a service, from the JSON that the node was given.

    Raises:
        ConfigError: it names the service, the field and the value.

    """
    known = {field.name: field for field in fields(kind)}
    for name in given:
        if name not in known:
            raise ConfigError(f"{service}.{name} is an unknown option; it has {', '.join(known) or 'none'}")
    for name, field in known.items():
        if name not in given and field.default is MISSING and field.default_factory is MISSING:
            raise ConfigError(f"{service}.{name} is missing")
    hints = get_type_hints(kind)
    values = {name: _convert(value, hints[name], f"{service}.{name}") for name, value in given.items()}
    try:
        return kind(**values)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{service}: {error}") from None


def _convert(value: Json, hint: Any, where: str) -> Any:
    """JSON knows fewer types than Python: a list becomes a tuple, a whole number may stand for a float."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin is Literal:
        if value in arguments:
            return value
    elif origin in (Union, types.UnionType):
        return _convert_union(value, arguments, where)
    elif origin is tuple:
        if isinstance(value, list):
            return tuple(_convert(item, arguments[0], where) for item in value)
    elif origin is not None and issubclass(origin, Mapping):
        if isinstance(value, dict):
            return {key: _convert(item, arguments[1], where) for key, item in value.items()}
    elif hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    elif isinstance(value, hint) and not (isinstance(value, bool) and hint is not bool):
        return value
    raise ConfigError(f"{where} {value!r} is no {_words(hint)}")


def _convert_union(value: Json, hints: tuple[Any, ...], where: str) -> Any:
    for hint in hints:
        try:
            return _convert(value, hint, where)
        except ConfigError:
            continue
    raise ConfigError(f"{where} {value!r} is none of {', '.join(_words(hint) for hint in hints)}")


def _words(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(str(argument) for argument in get_args(hint))
    return str(getattr(hint, "__name__", hint))
