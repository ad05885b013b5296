"""The pytest plugin: labs of containers in anybody's tests. It is there wherever catenet is installed.

    import pytest

    @pytest.mark.lab("five-routers")          # a lab that comes with catenet, or a path relative to this file
    def test_a_detour(lab):
        with lab.cut("link1"):                # healed and converged when the block ends, after a failure too
            lab.wait_for(routes={"at": "a", "to": "lan-c", "via": "link3", "cost": 3}, within="20s")
            assert lab["a"].run("ping", "-c1", "c").returncode == 0
        lab.check("D2")                       # the lab file's checks of that claim

Without the marker the lab is that of the lab.yaml beside the test file, or above it. It is started once for all tests
that ask for it; one that breaks something leaves it to be reset before the next; `fresh=True` gives a test its own.
`@pytest.mark.implementations("catenet", "./my-rip", service="rip", node="a")` runs a test once with each program in
that place. `pytest --help` explains --lab-reuse, --lab-keep and --lab-artifacts. No engine is an error, not a skip.

plugin     hooks, options and fixtures; loaded into every run of pytest, so it imports nothing slow before a lab is used
marks      the markers' arguments → what a test wants
labs       the copies of one session: started, shared, reset, removed; those that a killed session left are removed too
lab        what a test does with its lab: `lab`, `lab["b"]`
failed     what is kept and said of a lab whose test failed: logs, events, tables, captures
"""
