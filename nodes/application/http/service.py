"""What others have to know of the services `web` and `browse`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Listen, Service, Table, Tcp

if TYPE_CHECKING:
    from catenet.nodes.application.http.config import BrowseOptions, WebOptions
    from catenet.nodes.control.needs import ReadNeeds

__all__ = ["SERVICES"]


def _web_options() -> type[WebOptions]:
    from catenet.nodes.application.http.config import WebOptions

    return WebOptions


def _browse_options() -> type[BrowseOptions]:
    from catenet.nodes.application.http.config import BrowseOptions

    return BrowseOptions


def _site() -> ReadNeeds:
    from catenet.nodes.application.http.needs import read_site

    return read_site


_EVENTS = {
    "http.request": "method, path, host, source, destination: a request was received or sent",
    "http.response": "status, bytes, type, source, destination: likewise, its answer",
}

SERVICES = (
    Service(
        "web",
        "A server of static pages over HTTP/1.1, and over TLS 1.3.",
        _web_options,
        listens=(Listen("tcp", "port", scheme="http"),),
        tables=(Table("web"),),
        caches=True,
        events=_EVENTS,
        needs=_site,
        tls="tls",
        tcp=Tcp(),
    ),
    Service(
        "browse",
        "Fetches a page for the user of this node and shows it as text.",
        _browse_options,
        tables=(Table("browse"),),
        caches=True,
        events=_EVENTS,
        fetches="browse",
        tcp=Tcp(),
    ),
)
