"""Taking over what the public Go server kept, so that daemons keep their addresses.

- `read_snapshot`: its snapshot, from bytes.
- `Takeover`: fills the stores of a registry with one.
- `Report`: what was taken over and what was not.
"""

from registry.takeover.report import LeftOut, Report
from registry.takeover.snapshot import GoSnapshot, read_snapshot
from registry.takeover.takeover import Takeover

__all__ = ["GoSnapshot", "LeftOut", "Report", "Takeover", "read_snapshot"]
