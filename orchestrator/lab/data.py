"""The lab's folder: the zones and pages that its services name. The only file here, beside load.py, that reads any."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from catenet.orchestrator.lab.nodes import Draft
from catenet.orchestrator.lab.problems import nearest, quote
from catenet.orchestrator.lab.reader import Reader

__all__ = ["read_zones", "report_absent_pages"]


def read_zones(folder: Path, drafts: Mapping[str, Draft], reader: Reader) -> dict[str, str]:
    """The zones that have a file, zones/NAME.zone → the SHA-256 of what it says.

    A zone without one is made from the nodes whose names end in it; where there are none either, it is reported.
    """
    digests: dict[str, str] = {}
    for draft in drafts.values():
        for zone in getattr(draft.services.get("nameserver"), "zones", ()):
            file = folder / "zones" / f"{zone}.zone"
            if zone in digests:
                continue
            if file.is_file():
                digests[zone] = _digest(file)
            elif zone != "root" and not any(name == zone or name.endswith(f".{zone}") for name in drafts):
                message = f"node {draft.name}: zone {zone} has no file zones/{zone}.zone, and no node's name ends in it"
                reader.problem(_line(draft, "nameserver"), message, "write the file, or name the zone otherwise")
    return digests


def report_absent_pages(folder: Path, drafts: Mapping[str, Draft], reader: Reader) -> None:
    """Each `web` has its folder under pages/."""
    pages = folder / "pages"
    for draft in drafts.values():
        root = getattr(draft.services.get("web"), "root", None)
        if root is not None and not (pages / root).is_dir():
            there = sorted(child.name for child in pages.iterdir() if child.is_dir()) if pages.is_dir() else []
            message = f"node {draft.name}: web: there is no folder pages/{quote(root)[1:-1]}"
            reader.problem(
                _line(draft, "web"),
                message,
                nearest(root, there) if there else f"make pages/{root} beside the lab file, with an index.html in it",
            )


def _digest(file: Path) -> str:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _line(draft: Draft, service: str) -> int:
    """The line of the service, where the file has one of its own for it."""
    services = draft.section["services"]
    own = services.value.get(service) if isinstance(services.value, Mapping) else None
    return (own or services).line
