"""What the web server needs of its lab: its folder under pages/."""

from __future__ import annotations

from collections.abc import Iterator

from catenet.nodes.application.http.config import WebOptions
from catenet.nodes.control.needs import Fault, Folder, Need, Surroundings

__all__ = ["PAGES", "read_site", "site_fault"]

PAGES = "pages"


def read_site(options: WebOptions, around: Surroundings) -> Iterator[Need]:
    """The site: only whether it is there, since its pages are read when they are asked for."""
    yield Need(options.root, fault=site_fault(options, around.folder))


def site_fault(options: WebOptions, folder: Folder) -> Fault | None:
    """Why the site cannot be served."""
    path = f"{PAGES}/{options.root}"
    try:
        if folder.has_folder(path):
            return None
        there = tuple(folder.folders(PAGES))
    except OSError as error:
        return Fault(f"web: the folder {path} cannot be served: {error.strerror or error}")
    hint = f"make {path} beside the lab file, with an index.html in it"
    return Fault(f"web: there is no folder {path}", "" if there else hint, instead=there)
