"""How violations are told: one function to a format."""

from collections.abc import Callable, Mapping

from tools.layering.report.annotations import as_annotations
from tools.layering.report.json import as_json
from tools.layering.report.sarif import as_sarif
from tools.layering.report.summary import Summary
from tools.layering.report.text import as_text

FORMATS: Mapping[str, Callable[[Summary], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_annotations,
    "sarif": as_sarif,
}
"""The formats by name."""

__all__ = ["FORMATS", "Summary"]
