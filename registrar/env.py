"""Reading the environment: every knob of the console, checked, or refused with a sentence that names the variable."""

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import dj_database_url

UNIX_SOCKET_MAX = 100  # sun_path holds 108 octets on Linux and 104 elsewhere; the broker adds nothing to it.


class MalformedSetting(Exception):
    """A variable of the environment cannot be used.

    The message is one sentence for the person who starts the console.
    """


def text(environ: Mapping[str, str], name: str, default: str) -> str:
    """The variable as it stands, or the default when it is unset or empty."""
    return environ.get(name, "").strip() or default


def address(environ: Mapping[str, str], name: str) -> str:
    """A mail address by itself, or nothing when it is unset. Raises MalformedSetting."""
    value = environ.get(name, "").strip()
    if value and not re.fullmatch(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+", value):
        raise MalformedSetting(f"{name} must be one mail address, such as support@registrar.example, not {value!r}.")
    return value


def flag(environ: Mapping[str, str], name: str, default: bool) -> bool:
    """A yes/no variable: 1, true, yes, on or 0, false, no, off. Raises MalformedSetting."""
    value = environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise MalformedSetting(f"{name} must be one of true, false, yes, no, 1 or 0, not {value!r}.")


def number(environ: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    """A whole number between low and high, both included. Raises MalformedSetting."""
    value = environ.get(name, "").strip()
    if not value:
        return default
    if not value.isascii() or not value.isdecimal() or not low <= int(value) <= high:
        raise MalformedSetting(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
    return int(value)


def seconds(environ: Mapping[str, str], name: str, default: float, *, low: float, high: float) -> float:
    """A time in seconds, a decimal fraction allowed. Raises MalformedSetting."""
    value = environ.get(name, "").strip()
    if not value:
        return default
    try:
        parsed = float(value)
    except ValueError:
        parsed = float("nan")
    if not low <= parsed <= high:
        raise MalformedSetting(f"{name} must be a number of seconds from {low:g} to {high:g}, not {value!r}.")
    return parsed


def names(environ: Mapping[str, str], name: str, default: list[str]) -> list[str]:
    """A comma-separated list, white space around each part dropped."""
    value = environ.get(name, "").strip()
    return [part.strip() for part in value.split(",") if part.strip()] if value else default


def database(environ: Mapping[str, str], state_dir: Path) -> dict[str, Any]:
    """
    Django's settings for DATABASE_URL (`sqlite:///path` or `postgres://user:password@host:port/name`).

    SQLite gets WAL, IMMEDIATE transactions and long-lived connections; PostgreSQL a connection pool, which demands
    CONN_MAX_AGE 0. Raises MalformedSetting.
    """
    url = text(environ, "DATABASE_URL", f"sqlite:///{state_dir / 'registrar.sqlite3'}")
    if urlsplit(url).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise MalformedSetting("DATABASE_URL must start with sqlite:/// or postgres://.")
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError as error:
        raise MalformedSetting(
            "DATABASE_URL must read sqlite:///PATH or postgres://USER:PASSWORD@HOST/NAME."
        ) from error
    if not config.get("NAME"):
        raise MalformedSetting("DATABASE_URL names no database: add a path or a name after the last slash.")
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["CONN_MAX_AGE"] = None
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        }
    else:
        config["CONN_MAX_AGE"] = 0
        config.setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 10, "timeout": 10}
    return config


def broker_socket(state_dir: Path) -> Path:
    """Where the embedded broker listens: inside the state directory, or in a short private folder when that is too
    long."""
    inside = state_dir / "broker" / "valkey.sock"
    if len(os.fsencode(inside)) <= UNIX_SOCKET_MAX:
        return inside
    digest = hashlib.sha256(os.fsencode(state_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"registrar-{os.getuid()}-{digest}" / "valkey.sock"


def redis(environ: Mapping[str, str], state_dir: Path) -> tuple[str, str]:
    """
    REDIS_URL (`redis://`, `rediss://` or `unix://`) as two addresses: the one Celery takes and the one the cache takes.

    Raises MalformedSetting.
    """
    url = text(environ, "REDIS_URL", f"unix://{broker_socket(state_dir)}")
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.path:
        number = parse_qs(parts.query).get("db", ["0"])[0]
        return f"redis+socket://{parts.path}?virtual_host={number}", url
    if parts.scheme in {"redis", "rediss"} and parts.hostname:
        return url, url
    raise MalformedSetting("REDIS_URL must read redis://HOST:PORT/0, rediss://HOST:PORT/0 or unix:///PATH?db=0.")


def mailer(environ: Mapping[str, str], state_dir: Path) -> dict[str, Any]:
    """
    Django's MAILERS entry for EMAIL_URL: `smtp://user:password@host:587` (STARTTLS unless `?tls=off`), `smtps://` or
    `maildir:PATH`.

    The default is a Maildir in the state directory. Raises MalformedSetting.
    """
    url = text(environ, "EMAIL_URL", f"maildir:{state_dir / 'mail'}")
    parts = urlsplit(url)
    if parts.scheme == "maildir" and parts.path:
        return {"BACKEND": "domains.mailbox.MaildirBackend", "OPTIONS": {"path": parts.path}}
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if parts.scheme not in {"smtp", "smtps"} or not host:
        raise MalformedSetting("EMAIL_URL must read smtp://HOST:PORT, smtps://HOST:PORT or maildir:PATH.")
    tls = parse_qs(parts.query).get("tls", ["starttls"])[0]
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": host,
            "port": port or (465 if parts.scheme == "smtps" else 587),
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_ssl": parts.scheme == "smtps",
            "use_tls": parts.scheme == "smtp" and tls != "off",
            "timeout": 20,
        },
    }


def secret_key(environ: Mapping[str, str], state_dir: Path) -> str:
    """SECRET_KEY, or one made once and kept in the state directory, readable by its owner alone."""
    given = environ.get("SECRET_KEY", "").strip()
    if given:
        if len(given) < 32:
            raise MalformedSetting("SECRET_KEY must have at least 32 characters.")
        return given
    path = state_dir / "secret-key"
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Two processes may start at once: the file is written whole under another name, and the first link wins.
    if not path.exists():
        fresh = path.with_name(f"secret-key.{os.getpid()}.{secrets.token_hex(4)}")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()
