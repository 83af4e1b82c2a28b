"""Settings, read once from the environment. A wrong one stops the start with one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

#: How many proxies stand in front of the web server, or the networks in which they stand.
Proxies = int | tuple[IPv4Network | IPv6Network, ...]


class WrongSetting(Exception):
    """A setting is missing or cannot be used. The text names it and says what would be right."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of the table of settings in docs/operations.md, made from these (tests/expertise/test_config.py)."""

    name: str
    default: str
    meaning: str


GENERAL = (
    Setting("KOMEK_DATA", "var", "folder for files, the embedded database and caught letters"),
    Setting("KOMEK_DATABASE_URL", "SQLite in KOMEK_DATA", "postgresql+psycopg://user@host/name, or sqlite:///path"),
    Setting("KOMEK_PROCESSES", "none", "folders of own processes, one folder for each process, separated by ':'"),
    Setting("KOMEK_HOST", "127.0.0.1", "address the web server listens on"),
    Setting("KOMEK_PORT", "8000", "port the web server listens on"),
    Setting(
        "KOMEK_URL", "http://127.0.0.1:PORT", "public address, as it stands in letters; https makes cookies secure"
    ),
    Setting(
        "KOMEK_PROXIES",
        "0",
        "how many proxies stand in front, or their networks with commas (10.0.0.0/8,::1); they name the client",
    ),
    Setting(
        "KOMEK_SECRET_KEY",
        "none",
        "at least 32 characters that sign cookies and the links of letters; needed by serve and worker",
    ),
    Setting(
        "KOMEK_SMTP_URL", "none", "smtp://user:password@host:port, smtps://… or smtp+starttls://…; needed by worker"
    ),
    Setting("KOMEK_MAIL_FROM", "komek@localhost.localdomain", "sender of every letter"),
    Setting(
        "KOMEK_IMAP_URL",
        "none",
        "imaps://user:password@host/INBOX, imap+starttls://… or imap://…: the mailbox of answers, read by the worker",
    ),
    Setting(
        "KOMEK_MAIL_AUTHSERV",
        "none",
        "the name under which your own mail server writes Authentication-Results; without it no reply takes a step",
    ),
    Setting(
        "KOMEK_MAIL_EXCHANGE",
        "none",
        "mail.protection.outlook.com, if KOMEK_IMAP_URL is a mailbox of Exchange Online, whose results name no server",
    ),
    Setting("KOMEK_LMTP", "none", "host:port where `komek listen` takes mail from a mail server"),
    Setting(
        "KOMEK_MAIL_JOIN_MINUTES",
        "5",
        "minutes in which further letters about a case to the same person wait and become one; 0: each leaves alone",
    ),
    Setting("KOMEK_MAIL_HELD", "0", "1: letters wait until an administrator releases each one"),
    Setting(
        "KOMEK_LETTERS_KEPT_DAYS",
        "365",
        "so long the text of a letter is kept; afterwards its hash and the version of its words; 0: for ever",
    ),
    Setting("KOMEK_UPLOAD_MEGABYTES", "20", "the largest file that is taken, in megabytes"),
    Setting("KOMEK_UPLOAD_DAILY_MEGABYTES", "500", "so many megabytes of files one person may send on one day"),
    Setting(
        "KOMEK_CLAMAV",
        "none",
        "host:port or the path of the socket of clamd; then no file is taken that it has not found clean",
    ),
    Setting("KOMEK_CATCHER_PORT", "8025", "port of the demonstration's mail catcher"),
    Setting(
        "KOMEK_SECOND_FACTOR",
        "required",
        "required: who decides or sees everything signs in with a code, too; offered: who set one up does",
    ),
)
OIDC = (
    Setting("KOMEK_OIDC_ISSUER", "none", "https address of an OpenID Connect provider by which people may sign in"),
    Setting("KOMEK_OIDC_CLIENT_ID", "none", "how that provider calls Komek"),
    Setting("KOMEK_OIDC_CLIENT_SECRET", "none", "what Komek shows to that provider"),
    Setting("KOMEK_OIDC_NAME", "host of the issuer", "what people call the provider, as the button says it"),
    Setting(
        "KOMEK_OIDC_STRONG",
        "none",
        "words in acr or amr, with commas, by which the provider says that it asked for a second factor",
    ),
)
SETTINGS = (*GENERAL, *OIDC)
#: Names that tests and tools of the checkout read; a command that finds them set goes on.
TOOLS = frozenset({"KOMEK_CRASH_AT", "KOMEK_POSTGRES_DIR", "KOMEK_MAILSTACK_DIR"})
KNOWN = frozenset(setting.name for setting in SETTINGS) | TOOLS


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID Connect provider for signing in."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    strong: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of this process. `demo` is set by `komek demo` alone, never by the environment."""

    data: Path
    database_url: str
    host: str
    port: int
    url: str
    secret_key: str | None
    smtp_url: str | None
    mail_from: str
    upload_bytes: int
    catcher_port: int
    demo: bool = False
    oidc: Provider | None = None
    second_factor: str = "required"
    imap_url: str | None = None
    mail_authserv: str = ""
    mail_join_minutes: int = 5
    mail_exchange: str = ""  # domain of Exchange Online's receiving servers
    lmtp: tuple[str, int] | None = None
    mail_held: bool = False
    letters_kept_days: int = 365  # 0: for ever
    proxies: Proxies = 0
    clamav: tuple[str, int] | Path | None = None
    upload_daily_bytes: int = 500 * 1024 * 1024
    processes: tuple[Path, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether cookies are sent over encrypted connections only."""
        return self.url.startswith("https://")

    @property
    def mail_domain(self) -> str:
        """Komek's own domain, for Message-IDs and reply addresses."""
        return self.mail_from.rpartition("@")[2]

    @property
    def caught(self) -> Path:
        """Folder of the letters caught by the demonstration."""
        return self.data / "caught"


def read(environment: Mapping[str, str]) -> Settings:
    """Return the settings. Raises WrongSetting for the first unusable one, and for an unknown KOMEK_ name."""
    for name in environment:
        if name.startswith("KOMEK_") and name not in KNOWN and not name.startswith(("KOMEK_TEST_", "KOMEK_REQUIRE_")):
            raise WrongSetting(f"{name} is no setting of Komek; docs/operations.md lists them all.")
    data = Path(environment.get("KOMEK_DATA") or "var").absolute()
    port = _number(environment, "KOMEK_PORT", 8000, 1, 65535)
    sender = environment.get("KOMEK_MAIL_FROM") or "komek@localhost.localdomain"
    if sender.count("@") != 1 or sender.startswith("@") or sender.endswith("@"):
        raise WrongSetting(f"KOMEK_MAIL_FROM must be one e-mail address, and {sender!r} is none.")
    return Settings(
        data=data,
        database_url=_database(environment.get("KOMEK_DATABASE_URL"), data),
        host=environment.get("KOMEK_HOST") or "127.0.0.1",
        port=port,
        url=_address(environment.get("KOMEK_URL") or f"http://127.0.0.1:{port}"),
        secret_key=_secret(environment.get("KOMEK_SECRET_KEY")),
        smtp_url=_smtp(environment.get("KOMEK_SMTP_URL")),
        mail_from=sender,
        upload_bytes=_number(environment, "KOMEK_UPLOAD_MEGABYTES", 20, 1, 2000) * 1024 * 1024,
        catcher_port=_number(environment, "KOMEK_CATCHER_PORT", 8025, 1, 65535),
        mail_authserv=environment.get("KOMEK_MAIL_AUTHSERV") or "",
        mail_join_minutes=_number(environment, "KOMEK_MAIL_JOIN_MINUTES", 5, 0, 240),
        mail_exchange=_exchange(environment.get("KOMEK_MAIL_EXCHANGE") or ""),
        imap_url=_imap(environment.get("KOMEK_IMAP_URL")),
        lmtp=_listening(environment.get("KOMEK_LMTP")),
        oidc=_provider(environment),
        second_factor=_second_factor(environment.get("KOMEK_SECOND_FACTOR") or "required"),
        letters_kept_days=_kept_days(environment),
        mail_held=_number(environment, "KOMEK_MAIL_HELD", 0, 0, 1) == 1,
        upload_daily_bytes=_number(environment, "KOMEK_UPLOAD_DAILY_MEGABYTES", 500, 1, 100_000) * 1024 * 1024,
        clamav=_clamav(environment.get("KOMEK_CLAMAV")),
        proxies=_proxies(environment.get("KOMEK_PROXIES") or "0"),
        processes=_folders(environment.get("KOMEK_PROCESSES") or ""),
    )


def _number(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise WrongSetting(f"{name} must be a whole number from {least} to {most}, and {text!r} is none.")
    return int(text)


def _folders(text: str) -> tuple[Path, ...]:
    """Return the folders of a list with colons. One that is not there is a mistake that would go unnoticed."""
    found = tuple(Path(part).absolute() for part in text.split(":") if part)
    for path in found:
        if not path.is_dir():
            raise WrongSetting(f"KOMEK_PROCESSES names {str(path)!r}, and there is no such folder.")
    return found


def _exchange(text: str) -> str:
    """A domain of at least three labels: a shorter one would trust servers of anybody."""
    if text and not re.fullmatch(r"(?:[a-z0-9-]+\.){2,}[a-z]{2,}", text.lower()):
        raise WrongSetting(
            f"KOMEK_MAIL_EXCHANGE must be a domain like mail.protection.outlook.com, and {text!r} is none."
        )
    return text.lower()


def _kept_days(environment: Mapping[str, str]) -> int:
    """Links of letters count for weeks, so less than sixty days would cut off what is under way."""
    days = _number(environment, "KOMEK_LETTERS_KEPT_DAYS", 365, 0, 36500)
    if 0 < days < 60:
        raise WrongSetting(f"KOMEK_LETTERS_KEPT_DAYS must be 0 or at least 60, and {days} is neither.")
    return days


def _provider(environment: Mapping[str, str]) -> Provider | None:
    issuer, client_id, secret, name, strong = (environment.get(setting.name, "").strip() for setting in OIDC)
    if not issuer:
        return None
    parts = _split("KOMEK_OIDC_ISSUER", issuer)
    near = parts.hostname in ("127.0.0.1", "localhost")  # nobody listens in between
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and near)):
        raise WrongSetting(f"KOMEK_OIDC_ISSUER must be an https address, and {issuer!r} is none.")
    if not client_id or not secret:
        raise WrongSetting("KOMEK_OIDC_ISSUER needs KOMEK_OIDC_CLIENT_ID and KOMEK_OIDC_CLIENT_SECRET as well.")
    words = frozenset(word.strip() for word in strong.split(",") if word.strip())
    return Provider(issuer, client_id, secret, name or parts.hostname, words)


def _proxies(text: str) -> Proxies:
    if text.isascii() and text.isdigit() and int(text) <= 10:
        return int(text)
    try:
        return tuple(ip_network(part.strip()) for part in text.split(","))
    except ValueError as error:
        raise WrongSetting(
            f"KOMEK_PROXIES must be a number up to 10, or networks like 10.0.0.0/8,::1: {error}."
        ) from error


def _clamav(text: str | None) -> tuple[str, int] | Path | None:
    if not text:
        return None
    if text.startswith("/"):
        return Path(text)
    found = _host_and_port(text)
    if found is None:
        raise WrongSetting(f"KOMEK_CLAMAV must be host:port or the path of a socket, and {text!r} is neither.")
    return found[0].strip("[]"), found[1]


def _second_factor(text: str) -> str:
    if text not in ("required", "offered"):
        raise WrongSetting(f"KOMEK_SECOND_FACTOR must be required or offered, and {text!r} is neither.")
    return text


def _database(url: str | None, data: Path) -> str:
    if not url:
        return f"sqlite:///{data / 'komek.sqlite'}"
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith(("postgresql+psycopg://", "sqlite:///")):
        raise WrongSetting("KOMEK_DATABASE_URL must begin with postgresql+psycopg:// or sqlite:///.")
    _split("KOMEK_DATABASE_URL", url)
    return url


def _address(url: str) -> str:
    parts = _split("KOMEK_URL", url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongSetting(f"KOMEK_URL must be a web address like https://komek.example.kz, and {url!r} is none.")
    return url.rstrip("/")


def _secret(key: str | None) -> str | None:
    if key is not None and len(key) < 32:
        raise WrongSetting(
            "KOMEK_SECRET_KEY must have at least 32 characters; `openssl rand -hex 32` makes a good one."
        )
    return key


def _smtp(url: str | None) -> str | None:
    if not url:
        return None
    parts = _split("KOMEK_SMTP_URL", url)
    if parts.scheme not in ("smtp", "smtps", "smtp+starttls") or not parts.hostname:
        raise WrongSetting("KOMEK_SMTP_URL must look like smtp://host:25, smtps://… or smtp+starttls://….")
    return url


def _imap(url: str | None) -> str | None:
    if not url:
        return None
    parts = _split("KOMEK_IMAP_URL", url)
    if parts.scheme not in ("imap", "imaps", "imap+starttls") or not parts.hostname or not parts.username:
        raise WrongSetting("KOMEK_IMAP_URL must look like imaps://user:password@host/INBOX.")
    return url


def _listening(text: str | None) -> tuple[str, int] | None:
    if not text:
        return None
    found = _host_and_port(text)
    if found is None:
        raise WrongSetting(f"KOMEK_LMTP must look like 127.0.0.1:24, and {text!r} does not.")
    return found


def _host_and_port(text: str) -> tuple[str, int] | None:
    """Return the parts of `host:port`; None if there is no host, or no port from 1 to 65535."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        return None
    return host, int(port)


def _split(name: str, url: str) -> SplitResult:
    """Return the parts of an address and check its port, which would otherwise fail during a request."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise WrongSetting(f"{name} is no address that can be read: {error}.") from error
    return parts
