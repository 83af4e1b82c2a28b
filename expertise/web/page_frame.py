"""The frame of every page: stylesheet, script, fonts, menu."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, g, request, url_for
from flask.wrappers import Response
from jinja2 import StrictUndefined
from werkzeug.routing import IntegerConverter, Map

from expertise.web import menu

STATIC = Path(__file__).parent / "static"
STYLESHEET = "komek.css"
YEAR = 365 * 24 * 3600
PACKED = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})

blueprint = Blueprint("frame", __name__, static_folder=str(STATIC), static_url_path="/static")


class DatabaseInteger(IntegerConverter):
    """A number in an address. A number that no database column can hold matches no route."""

    def __init__(self, url_map: Map, *given: Any, **named: Any) -> None:
        """Called by werkzeug for each `<int:…>`."""
        super().__init__(url_map, *given, **{"max": 2**31 - 1, **named})


def attach(app: Flask) -> None:
    """Serve static files, and give every template the variables of the frame."""
    app.url_map.converters["int"] = DatabaseInteger
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(asset=asset)
    app.jinja_env.undefined = StrictUndefined  # a name that no page gave is our fault, not an empty text
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_frame)


def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for a year."""
    address = url_for("frame.static", filename=name, v=_stamp(name))
    if name == STYLESHEET:
        g.stylesheet = address
    return address


@cache
def _stamp(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


@blueprint.after_app_request
def announce_stylesheet(response: Response) -> Response:
    """Name the stylesheet of a page in a header as well: on a slow line it is asked for before the page has come."""
    if "stylesheet" in g and response.mimetype == "text/html":
        response.headers["Link"] = f"<{g.stylesheet}>; rel=preload; as=style"
    return response


@blueprint.after_request
def keep_for_a_year(response: Response) -> Response:
    """A versioned file never changes under its address; a font would get another name."""
    if response.mimetype in PACKED:  # read at once: packed as a stream, the file would stay open
        response.direct_passthrough = False
        response.set_data(response.get_data())
    if ("v" in request.args or request.path.endswith(".woff2")) and response.status_code < 400:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


def _frame() -> dict[str, Any]:
    actor = getattr(g, "actor", None)
    return {"actor": actor, "home": url_for("home.desk"), "menu": menu.items(actor), "search_at": _search()}


def _search() -> str:
    """The address of the search; empty while no such page is served."""
    return "/search" if current_app.url_map.bind("").test("/search", "GET") else ""
