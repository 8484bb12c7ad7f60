"""Room for as many connections as the settings say: each takes a file descriptor."""

import resource

import structlog

log = structlog.get_logger()

OTHERS = 256
"""Descriptors that are not connections: the database, logs, calls to the outside."""


def make_room_for(connections: int) -> None:
    """Raise how many descriptors this process may have, and warn if that is not enough.

    Args:
        connections: As many at the same time are to be served.
    """
    wanted = connections + OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < possible:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
        soft = possible
    if soft != resource.RLIM_INFINITY and soft < wanted:
        log.warning("descriptors.too_few", limit=soft, wanted=wanted, for_connections=connections)
