"""What a verb may be given beside its target, and how each value is written: `--silent`, `--delay 20ms`.

The options of a verb are one NamedTuple. Each field has a default, and its type says how its value is written: bool
(False by default), an int with bounds, a Literal (one of its words), NodeName, Duration, Percentage or Rate; beside the
type, an Option says what it means. Command line, timeline, plugin, schema and completion are made of these fields.

It is no dataclass, since `catenet --help` reads every verb, and the module dataclasses takes a quarter of that time.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from catenet.nodes.control.units import SECONDS, Unit, format_duration

__all__ = ["NODE_NAME", "Field", "NoOptions", "NodeName", "Option", "fields", "words_of", "written"]


NODE_NAME = "the name of a node"
NodeName = Annotated[str, NODE_NAME]
"""An option of this type names a node of the lab."""


class Option(NamedTuple):
    """What a field of a verb's options means.

    `about`: in whole sentences. `bounds`: a number's least and most. `leaves`: the target's word in `status`, where the
    option is given. `word`: how it is written, where that is not the field's name.
    """

    about: str
    bounds: tuple[int, int] = (0, 0)
    leaves: str = ""
    word: str = ""


class NoOptions(NamedTuple):
    """Of a verb that has none."""


class Field(NamedTuple):
    """One option. `name`: how it is written; `kind`: how its value is: bool, int, SECONDS, NODE_NAME, a Unit; or
    str, one of the `choices`.
    """

    name: str
    kind: Any
    default: Any
    option: Option
    choices: tuple[str, ...] = ()

    def format(self, value: Any) -> str:
        """The value, as somebody would write it behind the option's name."""
        if isinstance(self.kind, Unit):
            return self.kind.format(value)
        if self.kind is bool:
            return "yes" if value else "no"
        return format_duration(value) if self.kind == SECONDS else str(value)


@lru_cache
def fields(options: Hashable) -> tuple[Field, ...]:
    """The options of a verb, made of their class.

    Raises:
        TypeError: a field has no Option, no default, or a type of which nobody knows how it is written.

    """
    cls: Any = options
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_field(cls, name, hints[name]) for name in cls._fields)


def words_of(options: Hashable) -> tuple[str, ...]:
    """How the options of a verb are written."""
    return tuple(field.name for field in fields(options))


def _field(options: Any, name: str, hint: Any) -> Field:
    marks = getattr(hint, "__metadata__", ())
    plain = hint.__origin__ if marks else hint
    option = next((mark for mark in marks if isinstance(mark, Option)), None)
    kind: Any = next((mark for mark in marks if isinstance(mark, Unit) or mark in (SECONDS, NODE_NAME)), plain)
    default = options._field_defaults.get(name)
    choices = get_args(plain) if get_origin(plain) is Literal else ()
    named = choices or isinstance(kind, Unit) or kind in (int, SECONDS, NODE_NAME)
    known = named or (kind is bool and default is False)
    if option is None or name not in options._field_defaults or not known:
        raise TypeError(f"{options.__module__}.{options.__qualname__}.{name}: {hint!r} is no option of a verb")
    return Field(option.word or name, str if choices else kind, default, option, choices)


def written(options: Any) -> list[str]:
    """Those that differ from their defaults, as the command line has them."""
    cls: Any = type(options)
    return [
        f"--{field.name}" if field.kind is bool else f"--{field.name} {field.format(value)}"
        for field, value in zip(fields(cls), options, strict=True)
        if value != field.default
    ]
