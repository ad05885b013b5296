from __future__ import annotations

from pathlib import Path

import pytest

from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import LABEL_FILE, LABEL_LAB, LABEL_NODE, ContainerSpec
from catenet.orchestrator.observe.running import (
    FoundLab,
    RunningLab,
    UserError,
    as_it_is,
    choose,
    condition,
    running_lab,
    running_labs,
    unknown,
)


def copy(name: str, file: Path | None = None) -> FoundLab:
    return FoundLab(name, file, {}, {})


def test_labs_are_found_by_their_labels_alone(small):
    (lab,) = running_labs(small.engine).values()
    assert (lab.name, lab.file.name) == ("small", "lab.yaml")
    assert list(lab.nodes) == ["a", "b", "c"]
    assert list(lab.lans) == ["link1", "link2"]


def test_a_lan_has_ends_and_a_node_has_lans(small):
    lab = small.running
    assert [end.node for end in lab.ends("link1")] == ["a", "b"]
    assert lab.lans_of(lab.node("b")) == ("link1", "link2")


def test_a_lab_is_seen_as_it_is_though_the_list_lags_behind(small):
    """moby/moby issues 43127 and 38835: the list may say "running" long after inspection has said "exited"."""
    found = running_labs(small.engine)["small"]
    small.engine.kill("small-b")
    small.engine.remove("small-c")
    lab = as_it_is(small.engine, found)
    assert {name: condition(each) for name, each in lab.containers.items()} == {"a": "running", "b": "exited (137)"}


def test_a_lab_that_has_gone_is_said_to_be_gone(small):
    with pytest.raises(UserError, match="lab other is gone: somebody has removed it"):
        running_lab(small.engine, "other")


def test_the_file_is_known_from_the_networks_too(small):
    """An `up` that was killed early has made nothing else."""
    file = small.running.file
    for container in small.running.containers.values():
        small.engine.remove(container.name)
    assert small.running.file == file


def test_networks_and_containers_of_others_are_no_lab():
    assert running_labs(FakeEngine()) == {}


def test_a_wrong_name_gets_the_nearest_and_the_choices(small):
    with pytest.raises(
        UserError, match=r"lab small has no LAN 'link11'; did you mean link1\? \(choose from: link1, link2"
    ):
        small.running.ends("link11")
    with pytest.raises(UserError, match=r"lab small has no node 'zz' \(choose from: a, b, c\)"):
        small.running.node("zz")


def test_unknown_without_choices_says_no_more_than_it_knows():
    assert str(unknown("table", "x", [])) == "no table 'x'"


def test_conditions(small):
    assert condition(small.container("a")) == "running"
    small.engine.stop("small-a", 1)
    small.engine.pause("small-b")
    assert (condition(small.container("a")), condition(small.container("b"))) == ("exited (1)", "paused")


class TestChoose:
    def test_the_name_that_is_given_wins(self, tmp_path):
        labs = {"one": copy("one"), "two": copy("two")}
        assert choose(labs, "two", "one", tmp_path).name == "two"

    def test_then_the_environment(self, tmp_path):
        labs = {"one": copy("one"), "two": copy("two")}
        assert choose(labs, "", "one", tmp_path).name == "one"

    def test_then_the_lab_file_here_or_above(self, tmp_path):
        file = tmp_path / "mine" / "lab.yaml"
        (tmp_path / "mine" / "zones").mkdir(parents=True)
        file.touch()
        labs = {"one": copy("one"), "copy-2": copy("copy-2", file)}
        assert choose(labs, "", "", tmp_path / "mine" / "zones").name == "copy-2"

    def test_then_the_only_one(self, tmp_path):
        assert choose({"one": copy("one")}, "", "", tmp_path).name == "one"

    def test_a_folder_or_a_file_names_a_lab_too(self, tmp_path):
        file = tmp_path / "lab.yaml"
        file.touch()
        labs = {"one": copy("one"), "two": copy("two", file)}
        assert choose(labs, str(tmp_path), "", Path("/")).name == "two"
        assert choose(labs, "", str(file), Path("/")).name == "two"

    def test_a_lab_file_whose_lab_does_not_run_never_means_another_lab(self, tmp_path):
        (tmp_path / "lab.yaml").touch()
        with pytest.raises(UserError, match="is not running; start it: catenet up"):
            choose({"one": copy("one")}, "", "", tmp_path)

    @pytest.mark.parametrize(
        ("labs", "explicit", "environment", "words"),
        [
            ({}, "", "", "no lab is running; start one: catenet up internet"),
            ({}, "x", "", "no lab is running, so neither is 'x' of --lab"),
            ({"one": copy("one"), "two": copy("two")}, "", "", r"with --lab \(one, two\), or: export CATENET_LAB=NAME"),
            ({"one": copy("one")}, "oen", "", r"did you mean one\?"),
            ({"one": copy("one")}, "", "oen", r"\$CATENET_LAB names it"),
        ],
    )
    def test_otherwise_the_choices(self, tmp_path, labs, explicit, environment, words):
        with pytest.raises(UserError, match=words):
            choose(labs, explicit, environment, tmp_path)

    def test_two_copies_of_one_file_need_a_name(self, tmp_path):
        file = tmp_path / "lab.yaml"
        file.touch()
        with pytest.raises(UserError, match="several copies"):
            choose({"one": copy("one", file), "two": copy("two", file)}, "", "", tmp_path)


def test_a_label_that_can_be_no_files_name_is_no_file(small):
    labels = {LABEL_LAB: "odd", LABEL_NODE: "n", LABEL_FILE: "/a\0b/lab.yaml"}
    small.engine.create(ContainerSpec("odd", "n", "catenet/test:1", {}, {}, labels))
    assert running_labs(small.engine)["odd"].file is None


def test_the_file_of_a_lab_may_have_gone():
    with pytest.raises(UserError, match="is not there: its containers name none"):
        _ = RunningLab("one", None, {}, {}).lab
    with pytest.raises(UserError, match=r"is not there: /nowhere/lab\.yaml"):
        _ = RunningLab("one", Path("/nowhere/lab.yaml"), {}, {}).lab
