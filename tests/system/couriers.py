"""A registry whose couriers run, and do not wait long after failures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from registry.admin import (
    AuditClerk,
    Backoff,
    Carrier,
    Courier,
    ExportCarrier,
    OutletName,
    OutletView,
    WebhookCarrier,
)
from registry.outside import Outside
from tests.system.registry import Registry, registry_in

SECRET = b"the-secret-of-the-receiver"

SOON = Backoff(first=0.01, most=0.02)


@contextmanager
def delivering_in(folder: Path, *, patience: float = 20.0, **settings: Any) -> Iterator[Registry]:
    """A registry over a data folder, as it was left there, that delivers to this machine too.

    Args:
        folder: Has the data folder.
        patience: Seconds that a receiver may take.
        settings: Further settings.
    """
    with registry_in(folder, allow_inside_urls=True, **settings) as registry:
        application = registry.application
        snapshots, committer = application.database.snapshot, application.committer
        outside = Outside(allow_inside=True, patience=patience)
        carriers: list[tuple[OutletName, Carrier]] = [
            ("webhook", WebhookCarrier(outside, SECRET)),
            ("audit_export", ExportCarrier(outside)),
        ]
        couriers = [
            Courier(
                name,
                carrier=carrier,
                outlets=OutletView(snapshots=snapshots),
                snapshots=snapshots,
                committer=committer,
                backoff=SOON,
            )
            for name, carrier in carriers
        ]
        wakes = [courier.background.wake for courier in couriers]
        clerk = AuditClerk(committer=committer, snapshots=snapshots, tell=wakes)
        background = [clerk.background, *(courier.background for courier in couriers)]
        for work in background:
            work.start()
        try:
            yield registry
        finally:
            for work in background:
                work.stop()
