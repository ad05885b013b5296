"""A test that wants its lab with another routing service, in an inner run of pytest on the engine in memory."""

from __future__ import annotations


def test_the_marker_says_it_and_a_copy_is_not_shared_with_those_that_want_the_lab_as_it_is(inner):
    inner.pytester.makefile(".yaml", routers="lans: {l: {}}\nnodes: {r: {lans: [l], services: [rip], forward: true}}\n")
    tests = """
names = []
@pytest.mark.lab("routers.yaml", routing="ospf")
class TestOther:
    def test_one(self, lab):
        assert list(lab.model.nodes["r"].services) == ["ospf"]
        names.append(lab.name)
    def test_two(self, lab):
        assert names == [lab.name]
@pytest.mark.lab("routers.yaml")
def test_as_written(lab):
    assert list(lab.model.nodes["r"].services) == ["rip"]
    assert lab.name not in names
"""
    inner.run(tests).assert_outcomes(passed=3)


def test_what_is_no_routing_service_is_an_error_of_the_marker(inner):
    inner.run("@pytest.mark.lab(routing=3)\ndef test_one(lab): pass").stdout.fnmatch_lines(["*routing is 3*"])
    result = inner.run("@pytest.mark.lab(routing='web')\ndef test_one(lab): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*lab.yaml:1: no service 'web' finds routes*"])
