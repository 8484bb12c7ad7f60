"""Every setting of the server, once: its name, default, bounds and explanation.

The command line, the environment (``REGISTRY_`` and the name in capitals) and the
TOML file are all made from this class.
"""

from pathlib import Path
from typing import Any, Self

from attrs import Attribute, field, fields, frozen, validators

from registry.identity import BADGE_KEYS, RECOVERY_KEYS


@frozen
class Endpoint:
    """Where to listen.

    Attributes:
        host: A name or an IP address; empty for all addresses.
        port: 0 for any free port.
    """

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``HOST:PORT``; an IPv6 address stands in brackets.

        Raises:
            ValueError: The text has another shape.
        """
        host, colon, port = text.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        if not colon or (":" in host and not bracketed):
            raise ValueError(f"{text!r} is not HOST:PORT")
        if not (port.isascii() and port.isdigit() and int(port) <= 0xFFFF):
            raise ValueError(f"{text!r} has no port between 0 and 65535")
        return cls(host[1:-1] if bracketed else host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def setting(
    *,
    default: Any,
    says: str,
    unit: str = "",
    least: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """One setting: its default, what it says of itself, its unit, and its bounds.

    Args:
        default: Its value where nothing else is said.
        says: What it is for, in a sentence for the operator.
        unit: What stands for its value in the help text.
        least: The least number it can be.
        choices: What it can be, if only that.
    """
    bounds: list[Any] = []
    if least is not None:
        bounds.append(validators.ge(least))
    if choices:
        bounds.append(validators.in_(choices))
    return field(
        default=default,
        metadata={"says": says, "unit": unit, "least": least, "choices": choices},
        validator=bounds,
    )


DEFAULT_HTTP = Endpoint("127.0.0.1", 9090)
"""Where HTTP is served if nothing is said: for this machine only."""


@frozen(kw_only=True)
class Settings:
    """How a registry server is run; `describe` lists the settings with their meaning."""

    listen: Endpoint = setting(
        default=Endpoint("0.0.0.0", 9000),  # noqa: S104 - a registry is there to be reached
        says="Address to serve the protocol on; port 0 takes a free one.",
        unit="HOST:PORT",
    )
    listen_tls: Endpoint | None = setting(
        default=None,
        says="Address to serve the protocol on with TLS as well; none for no TLS.",
        unit="HOST:PORT",
    )
    tls_cert: Path | None = setting(
        default=None,
        says="Certificate chain for TLS, PEM. Without one, the server makes a self-signed "
        "certificate in the data folder at its first start, and says its fingerprint.",
        unit="FILE",
    )
    tls_key: Path | None = setting(
        default=None, says="Key of the certificate for TLS, PEM.", unit="FILE"
    )
    http: Endpoint | None = setting(
        default=DEFAULT_HTTP,
        says="Address to serve the dashboard, metrics and health checks on, over HTTP; off for "
        "none. "
        "If the default is taken already, the server warns and runs without.",
        unit="HOST:PORT|off",
    )
    data: Path = setting(
        default=Path("registry-data"),
        says="Folder of the database; made if it is not there.",
        unit="DIR",
    )
    database: str = setting(
        default="",
        says="PostgreSQL database to use instead of the one in the data folder: "
        "postgresql+psycopg://USER@HOST/NAME. Several registries may use the same. A password "
        "belongs into the environment (REGISTRY_DATABASE, or PGPASSFILE).",
        unit="URL",
    )
    share_port: bool = setting(
        default=False,
        says="Let other registries of this machine listen on the same addresses: each new "
        "connection goes to one of them. For several over one PostgreSQL database.",
    )
    admin_token_file: Path | None = setting(
        default=None,
        says="File with the admin token. Without one, nothing that needs an administrator works.",
        unit="FILE",
    )
    verifier: bool = setting(
        default=True,
        says="Verify signatures that come in together in a process of its own, on machines with "
        "more than one core.",
    )
    max_connections: int = setting(default=10_000, says="Open connections at most.", least=1)
    max_connections_per_address: int = setting(
        default=1000,
        says="Open connections from one IPv4 address, or one IPv6 /64, at most.",
        least=1,
    )
    max_frame_bytes: int = setting(
        default=1_048_576,
        says="Bytes in one request at most, once a signature or the admin token was seen.",
        least=1024,
    )
    max_stranger_frame_bytes: int = setting(
        default=131_072, says="Bytes in one request at most before that.", least=1024
    )
    registrations_per_minute: float = setting(
        default=600.0,
        says="New keys that one address may register in a minute; 0 for any number. Nodes "
        "that are known may always come back.",
        least=0,
    )
    wrong_tokens_per_minute: float = setting(
        default=10.0,
        says="Wrong admin tokens, and wrong join tokens, that one address may show in a minute; "
        "then the right one is refused too. 0 for any number.",
        least=0,
    )
    identity_tokens_per_minute: float = setting(
        default=60.0,
        says="Identity tokens that one address may have verified in a minute; 0 for any number.",
        least=0,
    )
    request_seconds: float = setting(
        default=30.0, says="How long a request may take to arrive once it has begun.", least=1
    )
    answer_seconds: float = setting(
        default=30.0, says="How long a client may leave its answers unread.", least=1
    )
    open_breakers: str = setting(
        default="",
        says="Groups of message types to refuse from the start, separated by commas, for "
        "instance registry.register,registry.trust.",
        unit="NAMES",
    )
    idle_seconds: float = setting(
        default=300.0, says="How long a connection may be silent before it is closed.", least=1
    )
    stale_after_seconds: float = setting(
        default=180.0,
        says="How long after its last sign of life a node counts as offline.",
        least=1,
    )
    reap_after_seconds: float = setting(
        default=604_800.0,
        says="How long after its last sign of life a node is removed. Its address stays "
        "reserved for its key.",
        least=1,
    )
    save_seen_seconds: float = setting(
        default=10.0,
        says="How often it is saved when nodes were last heard of, and looked for those that are "
        "stale or silent. A crash forgets what came after; other registries over the same "
        "database learn of it so late.",
        least=0.1,
    )
    beacon_lease_seconds: float = setting(
        default=60.0, says="How long a beacon is listed after it registered.", least=1
    )
    open_beacons: bool = setting(
        default=False, says="Let anyone register a beacon, not only administrators."
    )
    fresh_heartbeats: bool = setting(
        default=False,
        says="Take only heartbeats that say, and are signed for, the minute they are sent in. "
        "Daemons up to 1.18 do not, and the binary protocol cannot.",
    )
    lax: bool = setting(
        default=False,
        says="Take old clients at their word: registrations without a signature, anybody's "
        "questions who trusts whom, lists of networks that are not open.",
    )
    webhook_secret_file: Path | None = setting(
        default=None,
        says="File with the secret that webhooks are signed with. Without one, the server makes "
        "its own in the data folder.",
        unit="FILE",
    )
    allow_inside_urls: bool = setting(
        default=False,
        says="Let administrators configure addresses to be called that are not on the public "
        "internet, for instance an identity provider on this machine.",
    )
    badge_keys: str = setting(
        default=BADGE_KEYS,
        says="Issuers of badges and of enrollments for recovery.",
        unit="KID=KEY,...",
    )
    recovery_keys: str = setting(
        default=RECOVERY_KEYS, says="Issuers of recoveries.", unit="KID=KEY,..."
    )
    keep_changes: int = setting(
        default=1_000_000,
        says="Changes that are kept in the change log at most, once everybody has read them. "
        "The audit log keeps all of them.",
        least=1000,
    )
    keep_changes_days: float = setting(
        default=30.0, says="And for how many days at most.", least=0.01
    )
    event_buffer: int = setting(
        default=65_536, says="Events that one subscriber of the bus can hold unread.", least=1
    )
    log_level: str = setting(
        default="info",
        says="Least important kind of log line to write.",
        choices=("debug", "info", "warning", "error"),
    )
    log_format: str = setting(
        default="console",
        says="How log lines on standard error look.",
        choices=("console", "json"),
    )

    @classmethod
    def describe(cls) -> tuple["Attribute[Any]", ...]:
        """Every setting, in the order in which people are shown them."""
        settings: tuple[Attribute[Any], ...] = fields(cls)
        return settings
