"""A folder as a site: what is inside is served, what is outside is not, and what changes is read again."""

from __future__ import annotations

import os
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catenet.nodes.application.http.fields import MessageError
from catenet.nodes.application.http.message import parse_request
from catenet.nodes.application.http.response import Absence, Page
from catenet.nodes.services.web_files import SiteFolder

NOBODY = 65_534


def later() -> float:
    """A clock by which no file has changed just now: such a one is not kept."""
    return time.time() + 1


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret")
    site = tmp_path / "site"
    (site / "sub" / "deep").mkdir(parents=True)
    (site / "index.html").write_text("<p>front")
    (site / "sub" / "index.html").write_text("<p>sub")
    (site / "sub" / "a b\u00e9.txt").write_text("odd name")
    (site / "out").symlink_to(tmp_path / "secret.txt")
    (site / "up").symlink_to(tmp_path)
    (site / "in").symlink_to("sub/index.html")
    (site / "loop").symlink_to("loop")
    (site / "folded" / "index.html").mkdir(parents=True)
    os.mkfifo(site / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(site / "socket"))
    return site


def content(page: Page | Absence) -> bytes:
    assert isinstance(page, Page)
    return page.tail.partition(b"\r\n\r\n")[2]


def test_pages(root: Path) -> None:
    folder = SiteFolder(root, time.time)
    assert content(folder.find("/")) == b"<p>front"
    assert content(folder.find("/index.html")) == b"<p>front"
    assert content(folder.find("/sub/")) == b"<p>sub"
    assert content(folder.find("/sub/a b\u00e9.txt")) == b"odd name"
    assert content(folder.find("/in")) == b"<p>sub"
    page = folder.find("/")
    assert isinstance(page, Page)
    assert page.media_type == "text/html; charset=utf-8"
    assert page.modified == int((root / "index.html").stat().st_mtime)


@pytest.mark.parametrize(
    ("path", "absence"),
    [
        ("/missing", Absence.MISSING),
        ("/missing/", Absence.MISSING),
        ("/index.html/", Absence.MISSING),
        ("/index.html/more", Absence.MISSING),
        ("/" + "a" * 300, Absence.MISSING),
        ("/" + "a/" * 4000, Absence.MISSING),
        ("/loop", Absence.MISSING),
        ("/a\udcff", Absence.MISSING),
        ("/sub", Absence.FOLDER),
        ("/sub/deep/", Absence.FORBIDDEN),  # a folder without a page
        ("/out", Absence.FORBIDDEN),
        ("/up/secret.txt", Absence.FORBIDDEN),
        ("/up/", Absence.FORBIDDEN),
        ("/up/missing", Absence.FORBIDDEN),
        ("/pipe", Absence.FORBIDDEN),
        ("/socket", Absence.FORBIDDEN),
        ("/folded/", Absence.FORBIDDEN),  # its index.html is a folder
    ],
)
def test_what_is_no_page(root: Path, path: str, absence: Absence) -> None:
    assert SiteFolder(root, time.time).find(path) is absence


@pytest.fixture
def nobody(tmp_path: Path) -> Iterator[None]:
    """Without root's right to read everything."""
    if os.geteuid() != 0:
        yield
        return
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder != Path("/") and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_not_be_read(root: Path, request: pytest.FixtureRequest) -> None:
    (root / "index.html").chmod(0o600)
    (root / "sub" / "index.html").chmod(0)
    (root / "sub" / "deep").chmod(0)
    request.getfixturevalue("nobody")
    folder = SiteFolder(root, time.time)
    assert folder.find("/sub/") is Absence.FORBIDDEN
    assert folder.find("/sub/deep/x") is Absence.FORBIDDEN


def test_a_page_is_read_again_when_it_changes(root: Path) -> None:
    folder = SiteFolder(root, later)
    first = folder.find("/")
    assert folder.find("/") is first
    (root / "index.html").write_text("<p>changed")
    second = folder.find("/")
    assert content(second) == b"<p>changed"
    assert isinstance(first, Page)
    assert isinstance(second, Page)
    assert first.etag != second.etag
    (root / "index.html").unlink()
    assert folder.find("/") is Absence.FORBIDDEN
    assert folder.kept == (0, 0)
    assert (folder.hits, folder.misses) == (1, 3)


def test_9110_8_8_1_a_page_of_the_same_length_and_date_is_another_one(root: Path) -> None:
    page = root / "index.html"
    os.utime(page, (1e9, 1e9))
    folder = SiteFolder(root, later)
    first = folder.find("/")
    page.write_text("<p>FRONT")
    os.utime(page, (1e9, 1e9))
    second = folder.find("/")
    assert (content(first), content(second)) == (b"<p>front", b"<p>FRONT")
    assert isinstance(first, Page)
    assert isinstance(second, Page)
    assert (
        first.etag != second.etag
    )  # "A strong validator … changes whenever a change occurs to the representation data"


def test_a_page_that_changed_just_now_is_not_kept(root: Path) -> None:
    changed = (root / "index.html").stat().st_ctime  # within the same tick of its clock it may change once more
    folder = SiteFolder(root, lambda: changed + 0.05)
    folder.find("/")
    assert folder.kept == (0, 0)


def test_a_link_that_is_turned_around(root: Path) -> None:
    folder = SiteFolder(root, time.time)
    assert content(folder.find("/in")) == b"<p>sub"
    (root / "in").unlink()
    (root / "in").symlink_to("index.html")
    assert content(folder.find("/in")) == b"<p>front"
    (root / "in").unlink()
    (root / "in").symlink_to("../secret.txt")
    assert folder.find("/in") is Absence.FORBIDDEN


def test_a_date_in_the_future_is_said_to_be_now(root: Path) -> None:  # RFC 9110 section 8.8.2.1
    os.utime(root / "index.html", (4e9, 4e9))
    page = SiteFolder(root, lambda: 1e9).find("/")
    assert isinstance(page, Page)
    assert page.modified == 1_000_000_000


@pytest.mark.parametrize("at", [-1e9, -1e11, -1])
def test_a_date_before_1970_is_said_to_be_1970(root: Path, at: float) -> None:
    os.utime(root / "index.html", (at, at))
    page = SiteFolder(root, time.time).find("/")
    assert isinstance(page, Page)
    assert b"Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n" in page.tail


def test_no_descriptor_left_is_no_404(root: Path) -> None:
    folder = SiteFolder(root, time.time)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        found = folder.find("/")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert found is Absence.UNREADABLE


def test_long_files_are_read_in_pieces_and_not_kept(root: Path) -> None:
    data = os.urandom(1_000_000)
    (root / "long.bin").write_bytes(data)
    folder = SiteFolder(root, time.time)
    page = folder.find("/long.bin")
    assert isinstance(page, Page)
    assert page.read is not None
    assert page.size == len(data)
    assert page.read(0, 10) + page.read(10, 100) == data[:110]
    assert page.read(len(data) - 5, 100) == data[-5:]
    assert folder.kept == (0, 0)
    os.utime(root / "long.bin", (1, 1))
    assert page.read(0, 10) == b""
    (root / "long.bin").unlink()
    assert page.read(0, 10) == b""


def test_the_cache_is_bounded(root: Path) -> None:
    for number in range(60):
        (root / f"{number}.bin").write_bytes(b"x" * 200_000)
    folder = SiteFolder(root, later)
    for number in range(60):
        folder.find(f"/{number}.bin")
    pages, size = folder.kept
    assert 0 < pages < 60
    assert size <= 8_388_608
    assert isinstance(folder.find("/0.bin"), Page)
    folder.clear()
    assert folder.kept == (0, 0)


TARGET = st.lists(
    st.sampled_from(
        ["..", ".", "%2e%2e", "%2E.", "up", "out", "site", "sub", "secret.txt", "", "%2f", "..%2f", "%5c..", "\\"]
    ),
    max_size=8,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(TARGET)
def test_no_target_leads_to_the_secret(root: Path, parts: list[str]) -> None:
    try:
        request = parse_request(f"GET /{'/'.join(parts)} HTTP/1.0\r\n\r\n".encode())
    except MessageError:
        return
    found = SiteFolder(root, time.time).find(request.path)
    assert not isinstance(found, Page) or b"secret" not in found.tail
