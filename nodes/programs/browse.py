"""The program `browse`: fetches one page and shows it as text in the terminal.

    browse URL             the steps with their times, the header, the page with numbered links
    browse --json URL      the same as one JSON object

Exit codes: 0 fine; 1 the server's status is an error (400 or more); 2 the user's mistake; 4 no answer: the name has no
address, there is no way to it, its certificate is refused, or what came back was no HTTP.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace

from catenet.nodes.application.http.config import BrowseOptions
from catenet.nodes.application.http.render import Rendered, clean, render_html, render_text
from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.nodes.control.units import format_duration, parse_duration
from catenet.nodes.machine import Json
from catenet.nodes.processes.node_log import NodeLog
from catenet.nodes.programs.fetch import Fetched, FetchError, Fetching, fetch
from catenet.nodes.runtime.options import build_options

__all__ = ["main", "render"]

_FINE, _ERROR_STATUS, _USER, _NO_ANSWER = 0, 1, 2, 4
_COLUMN = 64  # where the times stand
_PAGES = ("text/html", "application/xhtml+xml")
_TEXTS = (*_PAGES, "application/json", "application/xml")


def main() -> int:
    """Run the program with the arguments of the command line; returns its exit code."""
    try:
        options = _lab_options()
        arguments = _parser(options).parse_args()
        options = BrowseOptions(timeout=arguments.timeout, width=arguments.width)
    except ValueError as error:
        sys.stderr.write(f"browse: {error}\n")
        return _USER
    outcome = _Outcome()
    with NodeLog("browse") as log:
        # In a thread, since resolving a name cannot be interrupted, and neither can the parser of a page.
        worker = threading.Thread(target=outcome.find, args=(arguments.url, options, log), daemon=True)
        worker.start()
        worker.join(options.timeout)
        if worker.is_alive():
            text = f"{outcome.fetching.doing}: no end within {options.timeout:g} s"
            return _fail(arguments.url, FetchError(outcome.fetching.step, text), as_json=arguments.json)
    if outcome.error is not None:
        return _fail(arguments.url, outcome.error, as_json=arguments.json)
    fetched, rendered = outcome.fetched, outcome.rendered
    assert fetched is not None
    assert rendered is not None
    _say(json.dumps(_whole(fetched, rendered)) if arguments.json else "\n".join(_lines(fetched, rendered)))
    return _ERROR_STATUS if fetched.status >= 400 else _FINE


class _Outcome:
    """What the worker came to."""

    def __init__(self) -> None:
        self.fetching = Fetching()
        self.fetched: Fetched | None = None
        self.rendered: Rendered | None = None
        self.error: FetchError | None = None

    def find(self, url: str, options: BrowseOptions, log: NodeLog) -> None:
        try:
            fetched = fetch(url, options.timeout, tell=log.report, fetching=self.fetching)
        except FetchError as error:
            self.error = error
            return
        self.fetching.step, self.fetching.doing = "show", f"reading the page of {fetched.url}"
        self.rendered = render(fetched, options.width)
        self.fetched = fetched


def _lab_options() -> BrowseOptions:
    """What the lab file says of this node's browser, where this is a node and it says something."""
    text = os.environ.get(CONFIG_VARIABLE)
    given = {} if text is None else NodeConfig.from_json(text).services.get("browse", {})
    options: BrowseOptions = build_options("browse", BrowseOptions, given)
    return options


def _parser(default: BrowseOptions) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="browse", description="Fetches a page and shows it as text.")
    parser.add_argument("url", metavar="URL", help="like http://dragon.cs.uiuc.edu/, or https://")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    limits = (
        ("--timeout", "TIME", _duration, default.timeout, f"for the whole fetch ({format_duration(default.timeout)})"),
        ("--width", "COLUMNS", int, default.width, f"of the text ({default.width})"),
    )
    for name, metavar, kind, value, text in limits:
        parser.add_argument(name, metavar=metavar, type=kind, default=value, help=text)
    return parser


def _duration(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _say(text: str) -> None:
    """Write it; `browse URL | head` ends without a word. (Not by SIGPIPE: a server that hangs up brings that too.)"""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's own flush at the end


def _fail(url: str, error: FetchError, *, as_json: bool) -> int:
    text = clean(str(error))
    if as_json:
        _say(json.dumps({"url": url, "step": error.step, "error": text}))
    sys.stderr.write(f"browse: {text}\n")
    return _USER if error.step == "url" else _NO_ANSWER


def render(fetched: Fetched, width: int) -> Rendered:
    """What is shown of an answer's content: a page or a text with what is to be said of it, or a word for all else."""
    kind = fetched.media_type
    if not kind.startswith("text/") and kind not in _TEXTS:
        return Rendered("", f"[{clean(kind) or 'content of an unknown type'}, {len(fetched.content)} bytes]", ())
    page, notes = fetched.text()
    rendered = render_html(page, fetched.url, width) if kind in _PAGES else render_text(page)
    lines = [*(f"[{clean(note)}]" for note in notes), rendered.text]
    return replace(rendered, text="\n".join(lines).rstrip("\n"))


def _whole(fetched: Fetched, rendered: Rendered) -> Mapping[str, Json]:
    return {
        "url": fetched.url,
        "address": fetched.address,
        "status": fetched.status,
        "reason": fetched.reason,
        "headers": {_spelled(fetched, name): value for name, value in fetched.headers.items()},
        "bytes": len(fetched.content),
        "title": rendered.title,
        "text": rendered.text,
        "links": list(rendered.links),
        "ms": dict(fetched.ms),
        "source": fetched.source,
        "destination": fetched.destination,
        **({} if fetched.proof is None else {"tls": fetched.proof._asdict()}),
    }


def _spelled(fetched: Fetched, name: str) -> str:
    return next(each for each, _ in fetched.fields if each.lower() == name)


def _readable(value: str) -> str:
    """A field's bytes over 127 are opaque (RFC 9110 section 5.5); most senders mean UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _lines(fetched: Fetched, rendered: Rendered) -> list[str]:
    ms, proof = fetched.ms, fetched.proof
    kind = fetched.headers.get("content-type", "no type given")
    steps = (
        (f"{fetched.url} is at {fetched.address}", ms["resolve"]),
        (f"connected to {fetched.destination} from {fetched.source}", ms["connect"]),
        *(
            ()
            if proof is None
            else ((f"{proof.version}; {proof.authority} certifies it till {proof.until}", ms["tls"]),)
        ),
        (
            f"{fetched.status} {_readable(fetched.reason)}, {_readable(kind)}, {len(fetched.content)} bytes",
            ms["first_byte"],
        ),
    )
    return [
        *(f"{clean(text):<{_COLUMN}} {took:7.1f} ms" for text, took in steps),
        *(f"  {name}: {clean(_readable(value))}" for name, value in fetched.fields),
        "",
        rendered.text,
        "",
        *(f"[{number}] {link}" for number, link in enumerate(rendered.links, 1)),
    ]


if __name__ == "__main__":
    sys.exit(main())
