"""For programs."""

import json
from typing import Any

from tools.layering.report.summary import Summary
from tools.layering.violations import Violation


def as_json(summary: Summary) -> str:
    """An object with the violations, the warnings and the number of modules."""
    return json.dumps(
        {
            "modules": summary.modules,
            "violations": [_object(summary, each) for each in summary.violations],
            "warnings": [_object(summary, each) for each in summary.warnings],
        },
        indent=2,
    )


def _object(summary: Summary, violation: Violation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "path": summary.relative(violation.path),
        "line": violation.line,
        "rule": violation.rule,
        "module": violation.module,
        "target": violation.target,
        "breach": violation.breach,
        "remedy": violation.remedy,
        "chain": [
            {"name": step.name, "path": summary.relative(step.path), "line": step.line}
            if step.path
            else {"name": step.name}
            for step in violation.chain
        ],
    }
    if (exemption := violation.tolerated) is not None:
        told |= {"owner": exemption.owner, "reason": exemption.reason}
    return told
