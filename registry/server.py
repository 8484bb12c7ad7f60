"""Running a registry server, from its first line to its last answer."""

import asyncio
import gc
import os
import signal
from collections.abc import Callable

import structlog
import uvloop

from registry.composition import Application, build
from registry.listener import (
    Certificate,
    Turns,
    ask_for_short_slices,
    load_certificate,
    make_room_for,
    self_signed,
)
from registry.reload import Reloader
from registry.settings import DEFAULT_HTTP, Endpoint, Settings
from registry.web import HttpServer, build_site

log = structlog.get_logger()

COLLECTIONS = (2_000, 20, 100)
"""How many new objects, and how many collections of the youngest and of the middle ones, bring
about the next of each generation. Only the last looks through what stays: for 30,000 new
nodes that takes 15 milliseconds, in which nothing else is done, and it came every second.
"""


def run(
    settings: Settings,
    announce: Callable[[str], object],
    reread: Callable[[], Settings] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; returns when everything taken on is done.

    Args:
        settings: How to run.
        announce: Told where the server listens, first of all: ``listening on HOST:PORT``.
        reread: Reads the settings again, on SIGHUP; raises ValueError if they are wrong. By
            default, only what stands in files is read again.

    Raises:
        DatabaseInUse: Another process has the data folder.
        SchemaTooNew: The data was written by a newer release.
        OSError: The address cannot be listened on, or the data folder not written.
        ValueError: The admin token file or the certificate cannot be used, or settings do
            not go together.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, announce, reread or (lambda: settings)))


async def _serve(
    settings: Settings, announce: Callable[[str], object], reread: Callable[[], Settings]
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)  # until there is something to reload
    make_room_for(settings.max_connections)
    ask_for_short_slices()
    turns = Turns(loop)
    application = build(settings, deliver=turns.deliver, take_turns=turns.take)
    try:
        await _run(application, settings, announce, reread, stop)
    finally:
        application.close()
    log.info("server.stopped")


def _start(application: Application) -> None:
    """Fill the read models, without the garbage collector looking through what is read.

    Nor does it ever again: almost all of it stays for as long as this process. So does what is
    registered later on, through which it would look each time there is a quarter more of it.
    """
    gc.disable()
    try:
        application.start()
    finally:
        gc.freeze()
        gc.set_threshold(*COLLECTIONS)
        gc.enable()


async def _run(
    application: Application,
    settings: Settings,
    announce: Callable[[str], object],
    reread: Callable[[], Settings],
    stop: asyncio.Event,
) -> None:
    _start(application)
    try:
        if settings.verifier and (os.cpu_count() or 1) > 1:
            await application.verifier.start()
        certificate = _certificate(settings)
        http, url = await _serve_http(application, settings.http)
        announce(f"listening on {await _listen(application, settings.listen)}")
        if settings.listen_tls and certificate:
            where = await _listen(application, settings.listen_tls, certificate)
            announce(f"listening on {where} with TLS, fingerprint {certificate.fingerprint}")
        if url:
            announce(f"HTTP on {url}")
        for work in application.background:
            work.start()
        reloader = Reloader(application, settings, certificate, reread)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reloader.reload)
        housekeeping = asyncio.create_task(application.housekeeping.run())
        await stop.wait()
        log.info("server.stopping")
        housekeeping.cancel()
        application.listener.stop_accepting()
        application.housekeeping.sweep()  # when nodes were last heard of is not yet all saved
        if http is not None:
            await http.close()
    finally:
        # In threads, because the loop is where the last acknowledgements are delivered.
        await asyncio.gather(*(asyncio.to_thread(work.stop) for work in application.background))
        await asyncio.to_thread(application.clerk.finish)
        await asyncio.to_thread(application.inquiries.close)
        await asyncio.to_thread(application.committer.close)
        await application.verifier.stop()
    await application.listener.close()


def _certificate(settings: Settings) -> Certificate | None:
    """What TLS is to be spoken with, if it is.

    Raises:
        ValueError: The settings do not go together, or the certificate cannot be used.
    """
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise ValueError("tls-cert, tls-key: one needs the other")
    if settings.listen_tls is None:
        if settings.tls_cert:
            raise ValueError("tls-cert: is of no use without listen-tls")
        return None
    if settings.tls_cert and settings.tls_key:
        return load_certificate(settings.tls_cert, settings.tls_key)
    return self_signed(settings.data)


async def _listen(
    application: Application, endpoint: Endpoint, certificate: Certificate | None = None
) -> Endpoint:
    """Begin to accept; returns where."""
    context = certificate.context if certificate else None
    try:
        host, port = await application.listener.start(endpoint.host, endpoint.port, context)
    except OSError as error:
        setting = "listen-tls" if certificate else "listen"
        raise OSError(f"{setting}: cannot listen on {endpoint}: {error.strerror}") from error
    return Endpoint(host, port)


async def _serve_http(
    application: Application, endpoint: Endpoint | None
) -> tuple[HttpServer | None, str]:
    """Begin to serve HTTP, if it is to be served; returns at which URL.

    A server that is told nothing of HTTP must start wherever one did before there was any,
    so where the default address is taken it only warns.
    """
    if endpoint is None:
        return None, ""
    server = HttpServer(build_site(application.shown))
    try:
        address = Endpoint(*await server.start(endpoint.host, endpoint.port))
    except OSError as error:
        text = f"http: cannot listen on {endpoint}: {error.strerror}"
        if endpoint != DEFAULT_HTTP:
            raise OSError(text) from error
        log.warning("http.off", reason=text)
        return None, ""
    return server, f"http://{address}/"
