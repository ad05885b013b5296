"""The service `directory`."""

from __future__ import annotations

import asyncio
import os
import sqlite3

from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.directory.desk import COMMIT, HASH
from catenet.nodes.application.directory.machine import Directory
from catenet.nodes.application.directory.state import Account, Change, Delete, Put, State
from catenet.nodes.runtime.context import ServiceContext
from catenet.nodes.runtime.machine_run import run_machine
from catenet.nodes.runtime.work import Together
from catenet.nodes.services.directory_store import PLACE, Hashing, Store

__all__ = ["serve"]


async def serve(context: ServiceContext, options: DirectoryOptions) -> None:
    """Let people in until cancelled.

    Raises:
        OSError: the port is taken, or the file cannot be written.

    """
    hashing = Hashing(options.memory, options.passes)
    store = None
    try:
        store = await asyncio.to_thread(Store, PLACE)
        state = await asyncio.to_thread(_begin, store, hashing, options, context.wall_clock())
        machine = Directory(
            options,
            state,
            entropy=os.urandom,
            nobody=await asyncio.to_thread(hashing.nobodys),
            wall_clock=context.wall_clock,
            lan_of=lambda address: next(
                (lan for lan, there in context.config.lans.items() if there.holds(address)), ""
            ),
            count=context.count,
        )
        await run_machine(context, machine, {HASH: hashing.fits, COMMIT: Together(store.commit)})
    except sqlite3.Error as error:
        raise OSError(f"{PLACE}: {error}") from None
    finally:
        if store is not None:
            store.close()


def _begin(store: Store, hashing: Hashing, options: DirectoryOptions, wall: float) -> State:
    """What the file has, without sessions whose time is over, and with the lab file's accounts that it had not."""
    state = store.load()
    absent = sorted(options.accounts.keys() - state.accounts.keys())
    over = [session for session in state.sessions.values() if session.expires <= wall]
    change: Change = (
        *(Put(Account(name, hashing.hash(options.accounts[name]))) for name in absent),
        *map(Delete, over),
    )
    store.commit([change])
    state.apply(change)
    return state
