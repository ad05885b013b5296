"""What every engine must do with networks, containers and images: the same tests for Docker and for its twin."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from backend_bench import IMAGE, LAB, SHELL, clear, network, node, only, output, run, started

from catenet.nodes.address import Address
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import (
    LABEL_LAB,
    LABEL_NODE,
    ContainerSpec,
    Engine,
    EngineError,
    NetworkSpec,
)


def test_a_network_is_listed_with_its_prefix_and_labels(engine: Engine) -> None:
    spec = network(engine, "lan0")
    engine.create_network(spec)
    (seen,) = (other for other in engine.networks() if other.name == spec.name)
    assert seen.driver == "bridge"
    assert seen.prefixes == (spec.prefix,)
    assert dict(seen.labels) == dict(spec.labels)


def test_a_removed_network_is_gone_and_removing_it_again_is_no_error(engine: Engine) -> None:
    spec = network(engine, "lan0")
    engine.create_network(spec)
    engine.remove_network(spec.name)
    engine.remove_network(spec.name)
    assert spec.name not in {other.name for other in engine.networks()}


def test_two_networks_of_one_name_or_of_one_prefix_are_refused(engine: Engine) -> None:
    first = network(engine, "lan0")
    engine.create_network(first)
    with pytest.raises(EngineError, match="already exists"):
        engine.create_network(replace(network(engine, "lan1"), name=first.name))
    with pytest.raises(EngineError, match="overlaps"):
        engine.create_network(replace(first, name=f"{LAB}_other"))


def test_a_network_with_a_running_node_cannot_be_removed(engine: Engine) -> None:
    spec = started(engine)
    (lan,) = spec.endpoints
    with pytest.raises(EngineError, match="active endpoints"):
        engine.remove_network(lan)
    engine.remove(spec.name)
    engine.remove_network(lan)


def test_a_container_is_listed_with_all_its_networks(engine: Engine) -> None:
    spec = started(engine, lans=3)
    seen = only(engine)
    assert (seen.name, seen.node, seen.state, seen.image) == (spec.name, "a", "running", IMAGE)
    assert sorted(seen.networks) == sorted(spec.endpoints)
    assert dict(seen.labels) == dict(spec.labels)


def test_labels_choose_by_key_and_by_value(engine: Engine) -> None:
    started(engine)
    assert engine.listed({LABEL_LAB: LAB, LABEL_NODE: None})
    assert engine.listed({LABEL_LAB: LAB, LABEL_NODE: "a"})
    assert not engine.listed({LABEL_LAB: LAB, LABEL_NODE: "b"})
    assert not engine.listed({LABEL_LAB: LAB, "catenet.no-such-label": None})


def test_the_life_of_a_container(engine: Engine) -> None:
    lan = network(engine, "lan0")
    engine.create_network(lan)
    spec = node("a", lan)
    engine.create(spec)
    assert only(engine).state == "created"
    engine.start(spec.name)
    engine.start(spec.name)  # again: no error
    assert only(engine).state == "running"
    engine.pause(spec.name)
    assert only(engine).state == "paused"
    engine.resume(spec.name)
    assert only(engine).state == "running"
    engine.kill(spec.name)
    assert (only(engine).state, only(engine).exit_code) == ("exited", 137)
    engine.start(spec.name)
    assert only(engine).state == "running"
    engine.remove(spec.name)
    engine.remove(spec.name)  # again: no error
    assert not engine.listed({LABEL_LAB: LAB})


def test_who_has_gone_since_the_list_was_read_is_left_out(engine: Engine) -> None:
    spec = started(engine)
    listed = engine.listed({LABEL_LAB: LAB})
    assert [each.name for each in listed] == [spec.name]
    engine.remove(spec.name)
    assert engine.inspected(listed) == []


def test_a_paused_container_can_be_removed(engine: Engine) -> None:
    spec = started(engine)
    engine.pause(spec.name)
    engine.remove(spec.name)
    assert not engine.listed({LABEL_LAB: LAB})


def test_several_may_remove_the_same_container_at_once(engine: Engine) -> None:
    spec = started(engine)
    (lan,) = spec.endpoints

    def remove(_: int) -> None:
        engine.remove(spec.name)
        engine.remove_network(lan)  # nothing is on it any more, whoever was first

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(remove, range(4)))
    assert not engine.listed({LABEL_LAB: LAB})


def wrong(spec: ContainerSpec, lan: NetworkSpec) -> list[tuple[ContainerSpec, str]]:
    return [
        (spec, "already in use"),
        (replace(spec, name=f"{LAB}-b", image="catenet-no-such-image:1"), "No such image"),
        (replace(spec, name=f"{LAB}-b", endpoints={lan.name: Address(lan.prefix.network - 9)}), "(?i)address"),
        (replace(spec, name=f"{LAB}-b", endpoints={f"{LAB}_none": Address(lan.prefix.network + 3)}), "not found"),
    ]


def test_what_cannot_be_made_is_refused_in_words(engine: Engine) -> None:
    lan = network(engine, "lan0")
    engine.create_network(lan)
    spec = node("a", lan)
    engine.create(spec)
    for bad, words in wrong(spec, lan):
        with pytest.raises(EngineError, match=words):
            engine.create(bad)
            engine.start(bad.name)
        if bad.name != spec.name:
            engine.remove(bad.name)


@pytest.mark.parametrize("verb", ["start", "kill", "pause", "resume", "inspect"])
def test_a_verb_on_what_is_not_there_names_it(engine: Engine, verb: str) -> None:
    with pytest.raises(EngineError, match=f"{LAB}-nobody"):
        getattr(engine, verb)(f"{LAB}-nobody")


def test_verbs_at_the_wrong_time_are_refused(engine: Engine) -> None:
    spec = started(engine)
    with pytest.raises(EngineError, match="not paused"):
        engine.resume(spec.name)
    engine.kill(spec.name)
    for verb in (engine.kill, engine.pause):
        with pytest.raises(EngineError, match="not running"):
            verb(spec.name)


def test_eight_threads_at_once(engine: Engine) -> None:
    lans = []
    for number in range(4):
        lans.append(network(engine, f"lan{number}"))
        engine.create_network(lans[-1])
    specs = [node(f"n{number}", lans[number % 4]) for number in range(8)]
    specs = [
        replace(spec, endpoints={name: Address(address + number) for name, address in spec.endpoints.items()})
        for number, spec in enumerate(specs)
    ]

    def life(spec: ContainerSpec) -> tuple[bytes, bytes, int]:
        engine.create(spec)
        engine.start(spec.name)
        found = run(engine, spec.name, *SHELL)
        engine.remove(spec.name)
        return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(life, specs)) == [(b"out\n", b"err\n", 3)] * 8
    assert not engine.listed({LABEL_LAB: LAB})


def test_an_image_can_be_forgotten_twice(engine: Engine) -> None:
    engine.remove_image("catenet-no-such-image:1")
    assert engine.has_image(IMAGE)
    assert IMAGE in engine.image_tags()
    assert not engine.has_image("catenet-no-such-image:1")


def test_an_image_is_carried_to_another_engine(engine: Engine) -> None:
    pieces = list(engine.save(IMAGE))
    engine.load(pieces)  # it is there already: no error
    assert engine.has_image(IMAGE)
    if isinstance(engine, FakeEngine):
        other = FakeEngine()
        other.load(pieces)
        assert other.has_image(IMAGE)
    with pytest.raises(EngineError, match="save the image catenet-no-such-image:1: "):
        list(engine.save("catenet-no-such-image:1"))


def test_an_engine_has_memory_and_a_clock_and_answers(engine: Engine) -> None:
    assert min(engine.memories().values()) > 100_000_000
    assert engine.ahead(started(engine).name) == 0.0
    assert engine.lost() == {}
    assert engine.answers(5.0)


def test_the_version_is_in_words(engine: Engine) -> None:
    assert engine.version()


@pytest.mark.engine
def test_the_data_root_is_the_engines_own(docker: Engine) -> None:
    log = Path(str(docker.inspect(started(docker).name)["LogPath"]))
    root = docker.data_root()
    if root is None:
        assert not log.exists()  # the engine is in a machine inside this one
    else:
        assert root != Path("/")
        assert log.is_relative_to(root)
    clear(docker)


@pytest.mark.engine
def test_the_options_that_let_transit_pass(docker: Engine) -> None:
    spec = started(docker)
    (lan,) = spec.endpoints
    routes = run(docker, spec.name, "ip", "route")[0].decode()
    assert "default" in routes  # Docker's own; the node replaces it
    gateway = next(line.split()[2] for line in routes.splitlines() if line.startswith("default"))
    assert run(docker, spec.name, "ping", "-c1", "-W1", gateway)[2] == 1, (
        f"the host answers on {lan}: inhibit_ipv4 has no effect"
    )
    clear(docker)


@pytest.mark.engine
def test_a_node_has_just_the_capabilities_it_needs(docker: Engine) -> None:
    spec = started(docker)
    status = run(docker, spec.name, "cat", "/proc/1/status")[0].decode()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    # capability numbers 10 NET_BIND_SERVICE, 12 NET_ADMIN, 13 NET_RAW (linux/capability.h)
    assert int(fields["CapBnd"], 16) == 1 << 10 | 1 << 12 | 1 << 13
    assert fields["NoNewPrivs"].strip() == "1"
    clear(docker)


@pytest.mark.engine
def test_the_labs_folder_is_read_only(docker: Engine, tmp_path: Path) -> None:
    (tmp_path / "zone").write_text("hello\n")
    lan = network(docker, "lan0")
    docker.create_network(lan)
    spec = replace(node("a", lan), data=tmp_path)
    docker.create(spec)
    docker.start(spec.name)
    assert run(docker, spec.name, "cat", "/lab/zone")[0] == b"hello\n"
    assert b"Read-only" in run(docker, spec.name, "touch", "/lab/zone")[1]
    clear(docker)


@pytest.mark.engine
def test_a_terminal_has_a_size_and_one_stream(docker: Engine) -> None:
    spec = started(docker)
    program = docker.execute(spec.name, ["sh"], stdin=True, tty=True)
    program.resize(33, 99)
    program.write(b"stty size; exit 4\n")
    out, err = output(program)
    assert (b"33 99" in out, err) == (True, b"")
    assert program.exit_code() == 4
    program.close()
    clear(docker)
