"""The service `browse`: fetches a page when asked (the question `browse`), in a child process.

The program that does it (programs/browse.py) is the one that a user runs in the node. In a process of its own it cannot
hold up PID 1, and what it needs is in memory only while it runs.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import deque
from collections.abc import Mapping

from catenet.nodes.application.http.config import BrowseOptions
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.machine import Json
from catenet.nodes.runtime.context import ServiceContext

__all__ = ["serve"]

_PROGRAM = (sys.executable, "-I", "-m", "catenet.nodes.programs.browse", "--json", "--")
_GRACE = 5.0  # seconds beyond the fetch's own limit: a busy machine starts a program slowly
_AT_ONCE = 4  # fetches
_URL_LIMIT = 8_000  # characters: RFC 9110 section 4.1 asks no one for more
_SAID_LIMIT = 2_097_152  # bytes of the program's answer
_REMEMBERED = 10  # pages
_TOLD = ("url", "status", "bytes", "title", "ms", "error")  # what is remembered of a page


async def serve(context: ServiceContext, options: BrowseOptions) -> None:
    """Answer until cancelled."""
    places = asyncio.Semaphore(_AT_ONCE)
    pages: deque[dict[str, Json]] = deque(maxlen=_REMEMBERED)

    async def browse(arguments: Mapping[str, Json]) -> Json:
        url = arguments.get("url")
        if not isinstance(url, str) or not url.isprintable():
            raise ValueError(f"browse: url {str(url)[:80]!r} is no printable text")
        if len(url) > _URL_LIMIT:
            raise ValueError(f"browse: url {url[:80]!r}… has {len(url)} characters, over {_URL_LIMIT}")
        async with places:
            at = context.wall_clock()
            page = await _run(url, options.timeout + _GRACE)
        pages.append({"at": at, **{key: page[key] for key in _TOLD if key in page}})
        return page

    context.answer("browse", browse)
    context.show("browse", lambda: list(pages))
    context.on_flush(pages.clear)
    context.ready()
    await asyncio.Event().wait()


async def _run(url: str, limit: float) -> dict[str, Json]:
    """What the program says.

    Raises:
        ValueError: it did not end within `limit` seconds, or said nothing that can be read.

    """
    # Not asyncio's own child processes: PID 1 buries every child, and asyncio complains when it comes second.
    with subprocess.Popen(
        (*_PROGRAM, url), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as program:
        try:
            async with asyncio.timeout(limit):
                said = await _read_all(program)
        except TimeoutError:
            raise ValueError(f"browse: {url} had no end within {limit:g} s") from None
        finally:
            program.kill()
    try:
        page = read_json(said.decode())
    except ValueError:
        page = None
    if not isinstance(page, dict):
        raise ValueError(f"browse: the program said nothing that can be read of {url}")
    return page


async def _read_all(program: subprocess.Popen[bytes]) -> bytes:
    assert program.stdout is not None
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), program.stdout)
    said = b""
    try:
        while len(said) <= _SAID_LIMIT and (piece := await reader.read(65_536)):
            said += piece
    finally:
        pipe.close()
    return said
