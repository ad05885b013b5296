"""Which of its LSAs a router is asked to say anew: the arguments of the question `originate`, parsed."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes.address import Address, Prefix
from catenet.nodes.internet.ospf.lsa import LsaType
from catenet.nodes.internet.ospf.reports import lsa_type
from catenet.nodes.machine import Json

__all__ = ["asked_lsa"]

_TYPES = {lsa_type(kind): kind for kind in LsaType}
_ANY = "0.0.0.0/0"


def asked_lsa(arguments: Mapping[str, Json]) -> tuple[LsaType, Prefix, str]:
    """The LS type; where the Link State ID lies; the area, "" for any.

    Raises:
        ValueError: a word is none that there is; the text names it.

    """
    kind, link_id, area = (_text(arguments, word) for word in ("type", "id", "area"))
    if kind not in _TYPES:
        raise ValueError(f"type {kind!r} is none of {', '.join(_TYPES)}")
    network = Prefix.parse(link_id or _ANY) if "/" in (link_id or _ANY) else Prefix(Address.parse(link_id), 32)
    return _TYPES[kind], network, area


def _text(arguments: Mapping[str, Json], word: str) -> str:
    value = arguments.get(word, "")
    if not isinstance(value, str):
        raise ValueError(f"{word} {value!r} is no text")
    return value
