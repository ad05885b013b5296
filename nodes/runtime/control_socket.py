"""The Unix socket on which the node answers questions (control/questions): one line asks, one line answers, as often
as whoever asks goes on.

Whoever may open it is root inside the container. Even so: a question has a longest size and a longest time, there are
only so many connections at once, and none of them holds up a service.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from catenet.nodes.control.questions import SOCKET_PATH, Answer, Question
from catenet.nodes.runtime.supervisor import describe_error

__all__ = ["ControlSocket"]

_QUESTION = 256 * 1024  # bytes: the longest question
_ASK_TIME = 10.0  # seconds for a question to arrive, the next one too, and for its answer to be taken
_ANSWER_TIME = 60.0  # seconds for the node to find an answer; whoever asks has a deadline of its own
_AT_ONCE = 64  # connections


class ControlSocket:
    """Listens on the socket; `answer` gives the answer to a question, or raises."""

    def __init__(self, answer: Callable[[Question], Awaitable[Answer]], path: str = SOCKET_PATH) -> None:
        self._answer = answer
        self._path = path
        self._open = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Open the socket, over a stale one of an earlier life if there is one."""
        Path(self._path).unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._talk, self._path, limit=_QUESTION)
        finally:
            os.umask(mask)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            async for reply in self._replies(reader):
                writer.write(bytes(reply))
                async with asyncio.timeout(_ASK_TIME):
                    await writer.drain()
            async with asyncio.timeout(_ASK_TIME):
                writer.close()
                await writer.wait_closed()
        except (OSError, asyncio.CancelledError):  # hung up, or too slow to take the answer (TimeoutError)
            writer.transport.abort()
        finally:
            self._open -= 1

    async def _replies(self, reader: asyncio.StreamReader) -> AsyncIterator[Answer]:
        """To one question after the other, until no more of them comes."""
        if self._open > _AT_ONCE:
            yield Answer(error=f"{_AT_ONCE} questions are being answered already; ask again later")
            return
        while True:
            try:
                async with asyncio.timeout(_ASK_TIME):
                    line = await reader.readline()
            except TimeoutError:
                return
            except ValueError as error:  # a line over the limit: where the next one begins is not known
                yield Answer(error=str(error))
                return
            if not line:
                return
            yield await self._reply(line)

    async def _reply(self, line: bytes) -> Answer:
        try:
            question = Question.parse(line)
            async with asyncio.timeout(_ANSWER_TIME):
                return await self._answer(question)
        except TimeoutError:
            return Answer(error="the node found no answer in time")
        except ValueError as error:  # no question, or an argument that a service refuses
            return Answer.refusal(error)
        except Exception as error:
            return Answer(error=describe_error(error))
