"""A folder of files as the site of a web server. A file is read once and kept, ready to be sent, until it changes."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from catenet.nodes.application.http.response import Absence, Page

__all__ = ["SiteFolder"]

_KEPT_SIZE = 262_144  # bytes: a longer file is read piece by piece as it is sent
_CACHE_LIMIT = 8_388_608  # bytes of all pages kept together
_PAGES_LIMIT = 1_024
_SETTLED = 0.1  # seconds: a file that changed later may change again within one tick of the file system's clock

_ABSENCES = {
    errno.EACCES: Absence.FORBIDDEN,
    errno.EISDIR: Absence.FORBIDDEN,
    errno.ELOOP: Absence.MISSING,
    errno.ENAMETOOLONG: Absence.MISSING,
    errno.ENODEV: Absence.FORBIDDEN,
    errno.ENOENT: Absence.MISSING,
    errno.ENOTDIR: Absence.MISSING,
    errno.ENXIO: Absence.FORBIDDEN,  # a socket, or a device that is not there
    errno.EPERM: Absence.FORBIDDEN,
}
"""What the peer is told of an error in opening a file; any other one (no descriptor is left, the disk is broken) says
nothing of whether the file is there."""

_TEXT = "; charset=utf-8"
_MEDIA_TYPES = {
    ".css": f"text/css{_TEXT}",
    ".gif": "image/gif",
    ".htm": f"text/html{_TEXT}",
    ".html": f"text/html{_TEXT}",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": f"text/javascript{_TEXT}",
    ".json": "application/json",
    ".md": f"text/markdown{_TEXT}",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": f"text/plain{_TEXT}",
    ".webp": "image/webp",
    ".xml": "application/xml",
}

_Version = tuple[int, int, int, int]
"""Device, inode, time of the last change (ns), size: another one is another file. The time is that of the inode: the
file's own can be set, and is by whoever copies a file with its date."""


class SiteFolder:
    """The site below one folder, as a `Site`. Nothing outside of it is served, by dots or by symbolic links."""

    def __init__(self, root: Path, wall_clock: Callable[[], float]) -> None:
        self._root = os.path.realpath(root)
        self._wall_clock = wall_clock
        self._kept: dict[str, tuple[str, _Version, Page]] = {}
        self._kept_bytes = 0
        self.hits = 0
        self.misses = 0

    def find(self, path: str) -> Page | Absence:
        """The page for a path, or why there is none."""
        kept = self._kept.get(path)
        if kept is not None:
            name, version, page = kept
            try:
                if _version(os.stat(name)) == version:  # noqa: PTH116  for every request; Path costs twice as much
                    self.hits += 1
                    return page
            except OSError:
                pass
            self._forget(path)
        self.misses += 1
        try:
            return self._look(path)
        except OSError as error:
            return _ABSENCES.get(error.errno or 0, Absence.UNREADABLE)

    def clear(self) -> None:
        self._kept.clear()
        self._kept_bytes = 0

    @property
    def kept(self) -> tuple[int, int]:
        """How many pages are kept, and how many bytes they have."""
        return len(self._kept), self._kept_bytes

    def _look(self, path: str) -> Page | Absence:
        name = self._root + path
        if not stat.S_ISDIR(Path(self._inside(name)).stat().st_mode):
            return Absence.MISSING if path.endswith("/") else self._read(path, name)
        if not path.endswith("/"):
            return Absence.FOLDER
        try:
            return self._read(path, name + "index.html")
        except FileNotFoundError:
            return Absence.FORBIDDEN  # the folder is there, but what is in it is not told

    def _inside(self, name: str) -> str:
        """The file without symbolic links.

        Raises:
            PermissionError: they lead out of the folder.

        """
        file = os.path.realpath(name)
        if file != self._root and not file.startswith(self._root + os.sep):
            raise PermissionError(errno.EACCES, f"leads out of {self._root}", name)
        return file

    def _read(self, path: str, name: str) -> Page:
        file = self._inside(name)
        with _open(file) as handle:
            info = os.fstat(handle.fileno())
            # RFC 9110 section 8.8.2.1: "MUST NOT generate a Last-Modified date that is later than the server's time of
            # message origination".
            now = self._wall_clock()
            modified = max(0, min(int(info.st_mtime), int(now)))
            media_type = _MEDIA_TYPES.get(Path(file).suffix.lower(), "application/octet-stream")
            etag = f'"{info.st_ctime_ns:x}-{info.st_size:x}"'
            version = _version(info)
            if info.st_size > _KEPT_SIZE:
                return Page.of(media_type, modified, etag, size=info.st_size, read=partial(_piece, file, version))
            page = Page.of(media_type, modified, etag, content=handle.read(_KEPT_SIZE))
        if info.st_ctime < now - _SETTLED:
            self._keep(path, name, version, page)
        return page

    def _keep(self, path: str, name: str, version: _Version, page: Page) -> None:
        while self._kept and (len(self._kept) >= _PAGES_LIMIT or self._kept_bytes + len(page.tail) > _CACHE_LIMIT):
            self._forget(next(iter(self._kept)))
        self._kept[path] = name, version, page
        self._kept_bytes += len(page.tail)

    def _forget(self, path: str) -> None:
        self._kept_bytes -= len(self._kept.pop(path)[2].tail)


def _version(info: os.stat_result) -> _Version:
    return info.st_dev, info.st_ino, info.st_ctime_ns, info.st_size


def _open(file: str) -> BinaryIO:
    """Open a regular file; anything else (a pipe would block its reader) is refused."""
    handle = os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
        handle.close()
        raise PermissionError(errno.EACCES, "is no regular file", file)
    return handle


def _piece(file: str, version: _Version, offset: int, length: int) -> bytes:
    """A piece of a long file, or nothing where it is not what it was. Nothing stays open between two pieces."""
    try:
        with _open(file) as handle:
            return os.pread(handle.fileno(), length, offset) if _version(os.fstat(handle.fileno())) == version else b""
    except OSError:
        return b""
