"""Running a registry server, from its first line to its last answer."""

import asyncio
import signal
from collections.abc import Callable

import structlog
import uvloop

from registry.composition import Application, build
from registry.settings import Endpoint, Settings

log = structlog.get_logger()


def run(settings: Settings, announce: Callable[[str], object]) -> None:
    """Serve until SIGTERM or SIGINT; returns when everything taken on is done.

    Args:
        settings: How to run.
        announce: Told once where the server listens: ``listening on HOST:PORT``.

    Raises:
        DatabaseInUse: Another process has the data folder.
        SchemaTooNew: The data was written by a newer release.
        OSError: The address cannot be listened on, or the data folder not written.
        ValueError: The admin token file cannot be used.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, announce))


async def _serve(settings: Settings, announce: Callable[[str], object]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    application = build(settings, deliver=loop.call_soon_threadsafe)
    try:
        await _run(application, settings.listen, announce, stop)
    finally:
        application.database.close()
    log.info("server.stopped")


async def _run(
    application: Application,
    endpoint: Endpoint,
    announce: Callable[[str], object],
    stop: asyncio.Event,
) -> None:
    application.start()
    try:
        announce(f"listening on {await _listen(application, endpoint)}")
        housekeeping = asyncio.create_task(application.housekeeping.run())
        await stop.wait()
        log.info("server.stopping")
        housekeeping.cancel()
        application.listener.stop_accepting()
    finally:
        # In a thread, because the loop is where the last acknowledgements are delivered.
        await asyncio.to_thread(application.committer.close)
    await application.listener.close()


async def _listen(application: Application, endpoint: Endpoint) -> Endpoint:
    """Begin to accept; returns where."""
    try:
        host, port = await application.listener.start(endpoint.host, endpoint.port)
    except OSError as error:
        raise OSError(f"listen: cannot listen on {endpoint}: {error.strerror}") from error
    return Endpoint(host, port)
