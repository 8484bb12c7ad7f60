"""Calls that this server makes, to addresses that somebody configured.

- `check_url`: whether an address may be configured.
- `Outside`: asks one, within bounds of time, size and place.
- `OutsideUnavailable`: it had no answer.
"""

from registry.outside.addresses import ForbiddenAddress, check_url
from registry.outside.client import Answer, Outside, OutsideUnavailable

__all__ = ["Answer", "ForbiddenAddress", "Outside", "OutsideUnavailable", "check_url"]
