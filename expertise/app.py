"""The composition root: the one module that imports all others and puts the application together."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask, g
from flask_compress import Compress
from flask_migrate import Migrate
from flask_migrate import cli as migrate_commands
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from expertise import registry
from expertise.audit import append_only as _guards
from expertise.base import resources
from expertise.base.database import POSTGRES_OPTIONS, Base, prepare
from expertise.base.transaction import Transactions
from expertise.calendars.cache import Calendars
from expertise.cases.services import Services
from expertise.config import Settings
from expertise.demo import accounts, kit_page, pages
from expertise.experts import model as _experts
from expertise.files import model as _files
from expertise.mail.inbound import model as _inbound
from expertise.questionnaires import model as _questionnaires
from expertise.web import blueprints
from expertise.web.auth import sign_in
from expertise.web.kit.proxies import ForwardedAddress
from expertise.web.kit.server import FORM

log = logging.getLogger("komek")

SCRIPTS = (
    _guards,
    _experts,
    _files,
    _inbound,
    _questionnaires,
)  # imported so that their tables and guards are known to migrations


def _lose(_context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        g.x_arg = [*(g.get("x_arg") or []), "lose=yes"]


#: `flask db downgrade --lose`, as `komek downgrade --lose`: migrations/env.py refuses to lose data without it.
migrate_commands.downgrade.params.append(click.Option(["--lose"], is_flag=True, expose_value=False, callback=_lose))


@dataclass(frozen=True, slots=True)
class AppRuntime:
    """The settings, transactions and services of one application; see `identity.Runtime`."""

    settings: Settings
    transactions: Transactions
    services: Services


def create_app(settings: Settings) -> Flask:
    """Komek as a WSGI application, without the workflows whose files have faults; these are logged.

    Touches no table, unless a file has faults.
    """
    app = Flask(
        "expertise",
        root_path=str(Path(__file__).parent),
        static_folder=None,
        template_folder=str(resources.folder("templates")),
    )
    app.config.update(_flask_settings(settings))
    database = SQLAlchemy(metadata=Base.metadata)
    database.init_app(app)
    Migrate(app, database, directory=str(resources.folder("migrations")), render_as_batch=True)
    with app.app_context():
        transactions = Transactions(prepare(database.engine), repeats_lost=True)
    usable = registry.load_usable(published=lambda: registry.published_digests(transactions.read))
    for fault in (fault for faults in usable.broken.values() for fault in faults):
        log.error("workflow out of service: %s", fault)
    definitions = registry.Registry(usable.definitions, transactions.read, usable.broken, settings.processes)
    definitions.refresh()
    app.extensions["komek"] = AppRuntime(
        settings,
        transactions,
        Services(
            definitions,
            Calendars(),
            settings.url,
            join_letters=timedelta(minutes=settings.mail_join_minutes),
            any_hour=settings.demo,
        ),
    )
    CSRFProtect(app)
    # Brotli at 6 packs a page an eighth smaller than zstd at 3, which browsers would get first, in half a millisecond.
    app.config.update(COMPRESS_ALGORITHM=["br", "zstd", "gzip", "deflate"], COMPRESS_BR_LEVEL=6)
    Compress(app)
    blueprints.attach(app)
    app.wsgi_app = ForwardedAddress(app.wsgi_app, settings.proxies)  # type: ignore[method-assign]
    if settings.demo:
        app.extensions[sign_in.DEMO] = {"password": accounts.PASSWORD}
        pages.attach(app)
        kit_page.attach(app)
    return app


def _hosts(settings: Settings) -> list[str]:
    """The names under which requests may come; any other Host header is refused."""
    own = urlsplit(settings.url).hostname or "127.0.0.1"
    return [own, "127.0.0.1", "localhost"] if settings.demo or own in ("127.0.0.1", "localhost") else [own]


def _flask_settings(settings: Settings) -> dict[str, object]:
    options: dict[str, object] = {"pool_pre_ping": True}
    if settings.database_url.startswith("postgresql"):
        options |= {
            "pool_size": 5,
            "max_overflow": 5,
            "connect_args": {"options": POSTGRES_OPTIONS, "connect_timeout": 5},
        }
    return {
        "SECRET_KEY": settings.secret_key,
        "TRUSTED_HOSTS": _hosts(settings),
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": options,
        "SESSION_COOKIE_NAME": "__Host-komek" if settings.secure else "komek",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": settings.upload_bytes + FORM,
        "MAX_FORM_MEMORY_SIZE": FORM,
        "MAX_FORM_PARTS": 2000,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session itself
    }
