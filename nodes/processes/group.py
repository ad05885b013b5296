"""Programs that several services of a node share (implementations/daemon: Group), in one of their lives."""

from __future__ import annotations

from collections.abc import Sequence

from catenet.nodes.implementations.daemon import Daemon, Group, Task
from catenet.nodes.processes.programs import Programs, write_files
from catenet.nodes.runtime.context import ServiceContext

__all__ = ["ProgramGroup"]


class ProgramGroup:
    """They speak in the name of the service that was the first to need them."""

    def __init__(self, context: ServiceContext, group: Group, members: Sequence[tuple[Task, Daemon]]) -> None:
        """`members`: all of the node's services that need them, in the node's order."""
        self.programs = Programs(context)
        self._group = group
        self._members = members

    async def start(self) -> None:
        """As the services need them, all together.

        Raises:
            ConfigError: one cannot be started at all.
            ProgramError: one has ended.

        """
        for task, daemon in self._members:
            write_files(daemon.run(task), task.folder)
        tasks = [task for task, _ in self._members]
        run = self._group.run(tasks)
        write_files(run, tasks[0].group_folder(self._group.name))
        await self.programs.start(run)

    def is_over(self) -> bool:
        """Whether one has ended."""
        return self.programs.ended.done()

    async def end(self) -> None:
        """All of them."""
        await self.programs.end()
