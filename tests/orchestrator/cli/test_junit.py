from __future__ import annotations

from xml.etree import ElementTree

from catenet.orchestrator.checks.expectation import Finding
from catenet.orchestrator.checks.ping import PingCheck
from catenet.orchestrator.cli.junit import Report
from catenet.orchestrator.lab.model import Check
from catenet.orchestrator.operations import Result


def result(holds: bool, claim: str = "D1", seen: str = "0 received") -> Result:
    finding = Finding(holds, "an answer", seen, "catenet status")
    return Result(Check(PingCheck("h", "g"), claim), finding, 0.25)


def written(report: Report, folder) -> ElementTree.Element:
    report.write(folder / "report.xml")
    return ElementTree.parse(folder / "report.xml").getroot()


def assert_is_junit(root: ElementTree.Element) -> None:
    """What Jenkins' junit-10.xsd and GitLab's parser ask for."""
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for word, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[word]) == sum(case.find(tag) is not None for case in cases)
        assert float(suite.attrib["time"]) >= 0
        for case in cases:
            assert case.attrib["name"]
            assert case.attrib["classname"]
            assert float(case.attrib["time"]) >= 0
            assert {child.tag for child in case} <= {"properties", "failure", "error", "skipped", "system-out"}


def test_each_check_is_a_testcase_with_its_claim_and_time(tmp_path):
    report = Report("line", [("h pings g", result(True)), ("again", result(False, ""))], evidence="kept in x")
    root = written(report, tmp_path)
    assert_is_junit(root)
    good, bad = root.iter("testcase")
    assert (good.attrib["classname"], good.attrib["name"], good.attrib["time"]) == ("line", "h pings g", "0.250")
    assert [(each.attrib["name"], each.attrib["value"]) for each in good.iter("property")] == [("claim", "D1")]
    assert good.find("failure") is None
    failure = bad.find("failure")
    assert failure.attrib["message"] == "expected an answer, seen 0 received"
    assert "  expected  an answer\n  seen      0 received\n  next      catenet status" in failure.text
    assert bad.find("system-out").text == "kept in x"
    assert bad.find("properties") is None
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("2", "1", "0")


def test_a_lab_that_did_not_start_is_an_error(tmp_path):
    root = written(Report("line", error="the lab is not ready in time:\n  a has no route"), tmp_path)
    assert_is_junit(root)
    [case] = root.iter("testcase")
    assert case.find("error").attrib["message"] == "the lab is not ready in time:"
    assert "a has no route" in case.find("error").text
    assert root.attrib["errors"] == "1"


def test_whatever_a_program_printed_it_stays_xml(tmp_path):
    seen = "\x1b[31mno\x00 \ud800 <&]]> é 😀"
    root = written(Report("line", [("x", result(False, seen=seen))]), tmp_path)
    assert "?[31mno? ? <&]]> é 😀" in root.find(".//failure").text
