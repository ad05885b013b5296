"""What the name server and the resolver need of their lab, and are told of it: zone files, and servers of the root."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from catenet.nodes.address import Address
from catenet.nodes.application.dns.config import NameserverOptions, ResolverOptions, origin_of
from catenet.nodes.application.dns.name import Name
from catenet.nodes.application.dns.zone import Zone
from catenet.nodes.application.dns.zonefile import ReadFile, ZoneFileError
from catenet.nodes.control.needs import Fault, Folder, Need, Others, Surroundings
from catenet.nodes.machine import Json

__all__ = ["read_hints", "read_zone", "read_zones", "tell_hints", "zone_names"]

_FOLDER, _SUFFIX = "zones", ".zone"


def read_zones(options: NameserverOptions, around: Surroundings) -> Iterator[Need]:
    """Every zone: its file, and what is wrong with it."""
    for word, origin in options.origins.items():
        files: dict[str, bytes] = {}
        yield Need(word, files, _zone_fault(word, origin, around, files))


def read_hints(options: ResolverOptions, around: Surroundings) -> Iterator[Need]:
    """Servers of the root, where the lab's are meant."""
    if options.hints == "lab" and not any(map(_serves_root, around.services.values())):
        hint = "give one the service nameserver: {zones: [root]}, or write hints: {NAME: ADDRESS}"
        yield Need("hints", fault=Fault("resolver: hints: no node of this lab serves the zone root", hint))


def tell_hints(options: ResolverOptions, others: Others) -> Mapping[str, Json]:
    """The addresses of the lab's servers of the root, where these are meant."""
    if options.hints != "lab":
        return {}
    roots = (node for node, services in others.services.items() if _serves_root(services))
    return {"hints": {node: str(others.addresses[node]) for node in roots if node in others.addresses}}


def zone_names(options: NameserverOptions, names: Collection[str], files: Collection[str]) -> set[str]:
    """Those names that are in its zones without files."""
    origins = [origin for zone, origin in options.origins.items() if zone not in files]
    return {name for name in names if any(Name.parse(name).is_under(origin) for origin in origins)}


def read_zone(
    folder: Folder,
    origin: Name,
    server: Name,
    hosts: Mapping[Name, Address],
    read_file: ReadFile | None = None,
) -> Zone:
    """A zone from its file, zones/NAME.zone, or from the lab's hosts where there is no file.

    `read_file` takes the place of the folder's own.

    Raises:
        ZoneFileError: a file is wrong, or cannot be read.

    """
    file = _file_of(folder, origin)
    if file is None:
        return Zone.from_hosts(origin, server, hosts)

    read_file = read_file or folder.read
    try:
        text = read_file(file).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise ZoneFileError(file, 1, f"cannot be read: {error.strerror or error}") from None
    return Zone.from_file(origin, text, file, read_file)


def _zone_fault(word: str, origin: Name, around: Surroundings, files: dict[str, bytes]) -> Fault | None:
    hosts = {Name.parse(node): Address(0) for node in around.services}

    def read_file(path: str) -> bytes:
        files[path] = around.folder.read(path)
        return files[path]

    try:
        read_zone(around.folder, origin, origin, hosts, read_file)
    except ZoneFileError as error:
        return Fault(error.message, file=error.file, line=error.line)
    if files or not origin or any(host.is_under(origin) for host in hosts):
        return None
    return Fault(
        f"zone {word} has no file {_FOLDER}/{word}{_SUFFIX}, and no node's name ends in it",
        "write the file, or name the zone otherwise",
    )


def _file_of(folder: Folder, origin: Name) -> str | None:
    """The file of a zone: names are compared as names, so that the one of `Example.` may be called example.zone."""
    try:
        found = [name for name in folder.files(_FOLDER) if name.endswith(_SUFFIX) and _is_of(name, origin)]
    except OSError as error:
        raise ZoneFileError(_FOLDER, 1, f"cannot be read: {error.strerror or error}") from None
    if len(found) > 1:
        raise ZoneFileError(f"{_FOLDER}/{found[1]}", 1, f"{_FOLDER}/{found[0]} is a file of the same zone")
    return f"{_FOLDER}/{found[0]}" if found else None


def _is_of(file: str, origin: Name) -> bool:
    try:
        return origin_of(file.removesuffix(_SUFFIX)) == origin
    except ValueError:
        return False  # no name: some other file


def _serves_root(services: Mapping[str, object]) -> bool:
    options = services.get("nameserver")
    return isinstance(options, NameserverOptions) and options.serves_root
