"""Reading the settings again while the server runs."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from attrs import evolve, frozen

from registry.composition import (
    Application,
    breaker_names,
    limits_of,
    read_admin_token,
    registration_rate,
)
from registry.listener import Certificate, replace_certificate
from registry.logs import set_up_logs
from registry.settings import Settings

log = structlog.get_logger()

LIMITS = frozenset(
    {
        "max_connections",
        "max_connections_per_address",
        "max_frame_bytes",
        "max_stranger_frame_bytes",
        "idle_seconds",
        "request_seconds",
        "answer_seconds",
    }
)
LOGS = frozenset({"log_level", "log_format"})
CERTIFICATE = frozenset({"tls_cert", "tls_key"})
BY_THEMSELVES = frozenset({"admin_token_file", "open_breakers", "registrations_per_minute"})


@frozen
class _Plan:
    """What was read again and found good.

    Attributes:
        settings: All of them.
        admin_token: As it stands in its file now.
        breakers: Which the settings open.
    """

    settings: Settings
    admin_token: str
    breakers: frozenset[str]


class Reloader:
    """Brings a running server in line with its settings, as far as that can be."""

    def __init__(
        self,
        application: Application,
        settings: Settings,
        certificate: Certificate | None,
        reread: Callable[[], Settings],
    ) -> None:
        """Describe the server.

        Args:
            application: The server.
            settings: How it was started.
            certificate: What TLS is spoken with, if it is.
            reread: Reads the settings again; raises ValueError if they are wrong.
        """
        self._application = application
        self._settings = settings  # in force
        self._certificate = certificate
        self._reread = reread
        self._can_apply = LIMITS | LOGS | BY_THEMSELVES | (CERTIFICATE if certificate else set())

    def reload(self) -> None:
        """Read everything again and apply what can be; a log line tells of each setting.

        Where anything is wrong, everything stays as it was.
        """
        try:
            plan = self._plan()
            certificate = self._renew_certificate(plan.settings)
        except Exception as error:  # whatever it is, the server goes on as it did
            log.error("reload.refused", reason=str(error))  # noqa: TRY400 - says all there is
            return
        changed = self._differences(plan.settings)
        applied = changed & self._can_apply
        before = self._settings
        self._settings = evolve(before, **{name: getattr(plan.settings, name) for name in applied})
        with _lines_shown(before, self._settings):
            self._apply(plan, before, applied)
            for name in sorted(changed):
                _tell(name, before, plan.settings, applied=name in applied)
            self._tell_of_files(plan, certificate)
            log.info("reload.done", changed=len(applied), need_restart=len(changed - applied))

    def _plan(self) -> _Plan:
        """Read everything, and try whatever could fail.

        Raises:
            ValueError: Something is wrong; the text names the setting.
        """
        settings = self._reread()
        if bool(settings.tls_cert) != bool(settings.tls_key):
            raise ValueError("tls-cert, tls-key: one needs the other")
        return _Plan(
            settings,
            read_admin_token(settings.admin_token_file),
            breaker_names(settings.open_breakers),
        )

    def _differences(self, settings: Settings) -> frozenset[str]:
        """The settings that are other than those in force."""
        names = (setting.name for setting in Settings.describe())
        return frozenset(
            name for name in names if getattr(self._settings, name) != getattr(settings, name)
        )

    def _renew_certificate(self, settings: Settings) -> Certificate | None:
        """Show the certificate as it is in its files now; one that was made here stays.

        Raises:
            ValueError: It cannot be used; the old one is still shown.
        """
        if self._certificate is None or not (settings.tls_cert and settings.tls_key):
            return None
        return replace_certificate(self._certificate, settings.tls_cert, settings.tls_key)

    def _apply(self, plan: _Plan, before: Settings, applied: frozenset[str]) -> None:
        if applied & LIMITS:
            self._application.listener.limits = limits_of(plan.settings)
        if "registrations_per_minute" in applied:
            self._application.registrations.allow(*registration_rate(plan.settings))
        if "open_breakers" in applied:
            self._switch(breaker_names(before.open_breakers), plan.breakers)

    def _switch(self, before: frozenset[str], now: frozenset[str]) -> None:
        """Switch what the settings say otherwise; what was switched by hand stays."""
        for name in sorted(now - before):
            self._application.breakers.open(name)
        for name in sorted(before - now):
            self._application.breakers.close(name)

    def _tell_of_files(self, plan: _Plan, certificate: Certificate | None) -> None:
        """Take what stands in files, which can change without their names."""
        if plan.settings.admin_token_file or self._application.shown.authenticator.has_admin:
            changed = self._application.shown.authenticator.expect(plan.admin_token)
            if changed:  # who was let in by the old one is so no longer
                self._application.protocols.forget()
            log.info("admin_token.reread", changed=changed)
        if certificate and self._certificate:
            changed = certificate.fingerprint != self._certificate.fingerprint
            self._certificate = certificate
            log.info("certificate.reread", changed=changed, fingerprint=certificate.fingerprint)


@contextmanager
def _lines_shown(before: Settings, now: Settings) -> Iterator[None]:
    """Write what is told within by the old settings of logs or the new, whichever tell more."""
    levels = logging.getLevelNamesMapping()
    chattier = min(before.log_level, now.log_level, key=lambda level: levels[level.upper()])
    set_up_logs(chattier, now.log_format)
    try:
        yield
    finally:
        set_up_logs(now.log_level, now.log_format)


def _tell(name: str, before: Settings, now: Settings, *, applied: bool) -> None:
    was, is_ = str(getattr(before, name)), str(getattr(now, name))
    if applied:
        log.info("setting.changed", setting=name, before=was, now=is_)
    else:
        log.warning("setting.needs_restart", setting=name, running=was, configured=is_)
