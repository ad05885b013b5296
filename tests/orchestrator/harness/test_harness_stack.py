"""A test that wants its lab on another stack, in an inner run of pytest on the engine in memory."""

from __future__ import annotations


def test_the_marker_says_it_and_a_copy_is_not_shared_with_those_that_want_the_lab_as_it_is(inner):
    inner.pytester.makefile(
        ".yaml", hosts="lans: {l: {}}\nnodes: {h: {lans: [l]}, b: {lans: [l], services: [browse]}}\n"
    )
    tests = """
names = []
@pytest.mark.lab("hosts.yaml", stack="userspace")
def test_other(lab):
    assert [node.stack for node in lab.model.nodes.values()] == ["userspace", "kernel"]
    names.append(lab.name)
@pytest.mark.lab("hosts.yaml")
def test_as_written(lab):
    assert {node.stack for node in lab.model.nodes.values()} == {"kernel"}
    assert lab.name not in names
"""
    inner.run(tests).assert_outcomes(passed=2)


def test_what_is_no_stack_is_an_error_of_the_marker(inner):
    for wrong in ("'user'", "3"):
        result = inner.run(f"@pytest.mark.lab(stack={wrong})\ndef test_one(lab): pass")
        result.stdout.fnmatch_lines([f"*stack is {wrong}, and should be one of kernel, userspace*"])
