"""From when the lab's times count, where the configuration says it and where it does not."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from catenet.nodes.control.config import ConfigError, NodeConfig
from catenet.nodes.runtime.lab_start import lab_start


def test_the_configuration_says_it(tmp_path: Path) -> None:
    assert lab_start(NodeConfig("lab", "a", (), began=1_800_000_000), str(tmp_path / "began")) == 1_800_000_000
    assert not (tmp_path / "began").exists()


def test_else_it_is_the_containers_first_start(tmp_path: Path) -> None:
    file = tmp_path / "began"
    first = lab_start(NodeConfig("lab", "a", ()), str(file))
    assert abs(first - time.time()) < 60
    file.write_text(str(first - 1000))
    assert lab_start(NodeConfig("lab", "a", ()), str(file)) == first - 1000


@pytest.mark.parametrize("text", ["", "soon", "99999999999999", "\ud800"])
def test_a_file_that_says_nonsense_is_no_obstacle(tmp_path: Path, text: str) -> None:
    file = tmp_path / "began"
    file.write_text(text, errors="surrogatepass")
    assert abs(lab_start(NodeConfig("lab", "a", ()), str(file)) - time.time()) < 60


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    assert abs(lab_start(NodeConfig("lab", "a", ()), str(tmp_path / "no" / "began")) - time.time()) < 60


def test_it_is_in_the_configuration_where_it_is_known() -> None:
    config = NodeConfig("lab", "a", (), began=1_800_000_000)
    assert NodeConfig.from_json(config.to_json()) == config
    assert "began" not in json.loads(NodeConfig("lab", "a", ()).to_json())


@pytest.mark.parametrize("value", [-1, 2**32, "soon", True])
def test_a_time_that_is_none_is_refused(value: object) -> None:
    whole = {"lab": "l", "node": "a", "interfaces": [], "began": value}
    with pytest.raises(ConfigError, match="began"):
        NodeConfig.from_json(json.dumps(whole))
