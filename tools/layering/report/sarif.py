"""SARIF 2.1.0, which code scanning services read."""

import json
from typing import Any
from urllib.parse import quote

from tools.layering.report.summary import Summary, chain_of
from tools.layering.rules import RULES
from tools.layering.violations import Step, Violation

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(summary: Summary) -> str:
    """A log with one run."""
    driver = {
        "name": "layering",
        "rules": [{"id": name, "shortDescription": {"text": says}} for name, says in RULES.items()],
    }
    results = [_result(summary, each) for each in (*summary.violations, *summary.warnings)]
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {"ROOT": {"uri": f"{summary.root.resolve().as_uri()}/"}},
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(summary: Summary, violation: Violation) -> dict[str, Any]:
    chain = f"\nChain: {chain_of(violation)}." if violation.chain else ""
    result: dict[str, Any] = {
        "ruleId": violation.rule,
        "ruleIndex": list(RULES).index(violation.rule),
        "level": "warning" if violation.tolerated else "error",
        "message": {"text": f"{violation.breach}.{chain}\nInstead: {violation.remedy}."},
        "locations": [_location(summary, Step("", violation.path, violation.line))],
    }
    if violation.chain:
        steps = [{"location": _location(summary, step)} for step in violation.chain if step.path]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if (exemption := violation.tolerated) is not None:
        reason = f"{exemption.owner}: {exemption.reason}"
        result["suppressions"] = [{"kind": "external", "justification": reason}]
    return result


def _location(summary: Summary, step: Step) -> dict[str, Any]:
    uri = quote(summary.relative(step.path)) if step.path else ""
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": "ROOT"},
            "region": {"startLine": step.line},
        }
    }
    return place | {"message": {"text": step.name}} if step.name else place
