"""Debian's packages, fetched by the host: an apt that is a script of ours."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from catenet.orchestrator.deploy import debian

APT = """#!/bin/sh
echo "$@" >>{log}
for word in "$@"; do case $word in -oDir::Cache::archives=*) archives=${{word#*=}};; esac; done
case "$*" in
    *" update"*) exit 0;;
    *" install "*) {install};;
esac
"""
PUTS = 'printf content >"$archives/frr_10.3-1_amd64.deb"'
ONCE = f"[ -e {{log}}.again ] && {PUTS} || {{{{ touch {{log}}.again; echo 404 >&2; exit 100; }}}}"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "keys").touch()
    monkeypatch.setattr(debian, "_KEYS", tmp_path / "keys")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()
    program(tmp_path, "dpkg-deb", "#!/bin/sh\necho 'Package: frr'\necho 'Version: 10.3-1'\n")
    return tmp_path / "log"


def program(folder: Path, name: str, text: str) -> None:
    file = folder / "bin" / name
    file.write_text(text)
    file.chmod(0o755)


def has_apt(log: Path, install: str) -> None:
    program(log.parent, "apt-get", APT.format(log=log, install=install.format(log=log)))


def calls(log: Path) -> list[str]:
    return ["update" if " update" in line else "install" for line in log.read_text().splitlines()]


def test_they_come_with_an_index_of_them(log: Path) -> None:
    has_apt(log, PUTS)
    found = debian.fetched(["frr", "bird2"])
    digest = hashlib.sha256(b"content").hexdigest()
    assert found == {
        ".debs/frr_10.3-1_amd64.deb": b"content",
        ".debs/Packages": (
            f"Package: frr\nVersion: 10.3-1\nFilename: ./frr_10.3-1_amd64.deb\nSize: 7\nSHA256: {digest}\n".encode()
        ),
    }
    assert log.read_text().splitlines()[-1].endswith("--no-install-recommends frr bird2")
    assert calls(log) == ["update", "install"]


def test_an_index_that_is_older_than_the_mirror_is_read_again(log: Path) -> None:
    has_apt(log, ONCE)
    assert ".debs/Packages" in debian.fetched(["frr"])
    assert calls(log) == ["update", "install", "update", "install"]


def test_a_host_that_cannot_leaves_it_to_the_build(log: Path) -> None:
    has_apt(log, "exit 100")
    assert debian.fetched(["frr"]) == {}
    (log.parent / "keys").unlink()
    assert debian.fetched(["frr"]) == {}
