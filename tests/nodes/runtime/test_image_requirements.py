"""The image's Python packages are those that the distribution's extra `node` names."""

from __future__ import annotations

import tomllib
from pathlib import Path

import catenet

REPOSITORY = Path(catenet.__file__).resolve().parents[2]


def test_the_image_takes_what_the_distribution_says() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = (REPOSITORY / "images/node/requirements.txt").read_text().splitlines()
    assert wanted == project["optional-dependencies"]["node"]
