"""Unsent forms: one that was filled in and not taken is kept, and offered again on the page where it was typed.

Every form with words carries TOKEN, a signed note of whom its page was shown to, its address and its place there. So
the words are kept for that person alone, whoever signs in next at the same computer, and a form of another site, which
cannot have the note, leaves nothing. Kept is a form whose session had ended or begun anew, one that was refused, one
that a switch of the language interrupted, and one that its page sends by itself when it is left. A form that was taken
is forgotten. Files and secrets are never kept. Of a stranger nothing is stored: `shown_again` answers a switch of the
language with the page and the words in it.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass

from flask import Flask, current_app, g, render_template, request, session
from flask.wrappers import Response
from itsdangerous import BadData, URLSafeSerializer
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from expertise import identity
from expertise.base import clock
from expertise.base.errors import DatabaseAway, TryAgain
from expertise.identity import runtime
from expertise.people import unsent_forms
from expertise.people.access import Actor
from expertise.people.unsent_forms import LONGEST_PATH, KeptForm
from expertise.web.kit.form_filler import SEEN, TOKEN, Typed, fill
from expertise.web.kit.i18n import COOKIE

#: The pseudonym of who was signed in last, in the cookie: for forms of a session that has ended since.
WHO = "who"
#: In the place of a pseudonym, for who is not signed in.
NOBODY = ""
#: In the environment of a page that is shown again: the words of its form.
TYPED = "komek.typed"
#: Names that hold secrets, beside those of the page's own, which begin with an underscore.
_SECRET = frozenset({"password", "again", "old", "code", "csrf_token"})
#: Endpoints whose forms are part of the frame of a page, or change nothing themselves.
FRAME = frozenset({"account.language", "account.sign_out", "unsent.leave"})


@dataclass(frozen=True, slots=True)
class FormNote:
    """The person to whom a form was shown, the address of its page, its key and its number on the page."""

    who: str
    address: str
    key: str
    place: int


def attach(app: Flask) -> None:
    """Give templates the notes of forms, and look at every answer to a form."""
    app.jinja_env.globals.update(form_note=form_note, page_address=page_address, give_back=give_back)
    app.after_request(settle)


def form_note(address: str = "") -> str:
    """Return the note of the next form of the page, or of a form at `address`; for a stranger it names nobody."""
    actor: Actor | None = getattr(g, "actor", None)
    place = g.setdefault("forms_shown", 0)
    g.forms_shown = place + 1
    here = _posted_note()
    key = here.key if here is not None and here.place == place and not address else secrets.token_hex(8)
    who = actor.key if actor is not None else NOBODY
    return _sign(FormNote(who, address or page_address(), key, 0 if address else place))


def page_address() -> str:
    """Return the address of the page that a person sees: of an answer to a form, the page that the form stood on."""
    if request.method in ("GET", "HEAD"):
        address = request.full_path.rstrip("?")
    else:
        note = _posted_note()
        address = note.address if note is not None else _page_above(request.path)
    return address if len(address) <= LONGEST_PATH else request.path[:LONGEST_PATH]


def keep_words(*, by_session: bool = False) -> str | None:
    """Keep the form of this request; return the address of its page, or None when nobody knows whose it is.

    `by_session`: the cookie may say whose, because the request has passed the check against forged forms.
    """
    if request.method != "POST":
        return None
    note = _posted_note()
    note = None if note is not None and note.who == NOBODY else note
    if note is None and by_session and isinstance(session.get(WHO), str):
        note = FormNote(session[WHO], _page_above(request.path), secrets.token_hex(8), 0)
    if note is None:
        return None
    g.words_kept = True
    path, fields = note.address.partition("?")[0], _fields()
    if fields:
        with suppress(DatabaseAway, TryAgain), runtime().transactions.write() as db:
            unsent_forms.keep(db, note.who, KeptForm(note.key, path, note.place, fields), clock.now())
    return note.address


def shown_again(language: str) -> Response | None:
    """Return the page on which a stranger typed, in the language, with the words in its form; None for any other form.

    Nothing is stored: the words of this request are written into its answer.
    """
    note = _posted_note()
    if note is None or note.who != NOBODY:
        return None
    cookies = "; ".join(f"{name}={value}" for name, value in {**request.cookies, COOKIE: language}.items())
    kept = KeptForm(note.key, note.address.partition("?")[0], note.place, _fields())
    app = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 the way of Werkzeug to it
    around = {"REMOTE_ADDR": request.environ.get("REMOTE_ADDR", ""), TYPED: kept}
    page = app.test_request_context(
        note.address, base_url=request.host_url, headers={"Cookie": cookies}, environ_overrides=around
    )
    with app.app_context(), page:
        answer: Response = app.full_dispatch_request()
    return answer


def keep_nothing() -> None:
    """Keep nothing of this request, and forget nothing, whatever its answer says."""
    g.words_kept = True


def shown_to() -> str:
    """Return the pseudonym of the person to whom the form of this request was shown, or ""."""
    note = _posted_note()
    return note.who if note is not None else ""


def find(db: Session, actor: Actor) -> None:
    """Look up what the person has left on this page, for `give_back`; and note in the cookie who this is."""
    if session.get(WHO) != actor.key:
        session[WHO] = actor.key
    if request.method == "GET" and actor.person_id is not None:
        g.unsent = unsent_forms.of_page(db, actor.person_id, request.path, clock.now())


def rows_left(table: str) -> int:
    """Return how many rows of a table the person has left on this page."""
    places = (name.split(".") for kept in getattr(g, "unsent", ()) for name, value in kept.fields if value.strip())
    return max((int(at[1]) + 1 for at in places if at[0] == table and len(at) > 2 and at[1].isdecimal()), default=0)


def values_left(name: str) -> list[str]:
    """Return what the person has left under this name in the forms of this page."""
    return [value for kept in getattr(g, "unsent", ()) for given, value in kept.fields if given == name]


def give_back(main: Markup) -> Markup:
    """Return the content of the page with what was typed in its forms, under a note that says so."""
    typed: KeptForm | None = request.environ.get(TYPED)
    if typed is not None:
        token = _sign(FormNote(NOBODY, page_address(), typed.key, typed.place))
        filled = fill(str(main), Typed(typed.place, _by_name(typed), token))
        return Markup(filled.html)  # noqa: S704 it was escaped when it was rendered
    html, taken, notes = str(main), set[int](), []
    for kept in getattr(g, "unsent", ()):
        if kept.place in taken:
            continue  # of two tabs the newer one; the other's turn comes afterwards
        taken.add(kept.place)
        values = _by_name(kept)
        token = _sign(FormNote(g.actor.key, page_address(), kept.key, kept.place))
        filled = fill(html, Typed(kept.place, values, token))
        html = filled.html
        if filled.differs or filled.lost:
            notes.append(render_template("kit/unsent.html", number=kept.place, filled=filled, token=token))
        else:
            g.unsent_same = [*getattr(g, "unsent_same", ()), kept.key]
    return Markup("".join(notes) + html)  # noqa: S704 both were escaped when they were rendered


def _by_name(kept: KeptForm) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in kept.fields:
        values.setdefault(name, []).append(value)
    return values


def settle(response: Response) -> Response:
    """Keep a form that was refused, and forget one that was taken, or that holds nothing that is not stored."""
    with suppress(DatabaseAway, TryAgain):
        same, actor = getattr(g, "unsent_same", None), getattr(g, "actor", None)
        if same and actor is not None:
            with runtime().transactions.write() as db:
                unsent_forms.drop(db, actor.key, same)
        elif request.method == "POST" and request.endpoint not in FRAME and not getattr(g, "words_kept", False):
            _settle_form(response)
    return response


def _settle_form(response: Response) -> None:
    note = _posted_note()
    if note is None or note.who == NOBODY:
        return
    if response.status_code >= 400:
        keep_words()
        return
    with runtime().transactions.read() as db:
        kept = unsent_forms.is_kept(db, note.who, note.key)
    if kept:
        with runtime().transactions.write() as db:
            unsent_forms.drop(db, note.who, [note.key])


def _sign(note: FormNote) -> str:
    return str(_serializer().dumps([note.who, note.address, note.key, note.place]))


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(identity.key(), salt="komek-form-note")


def _posted_note() -> FormNote | None:
    """Return the note that came with the form of this request; None for none and for one that is not ours."""
    try:
        return read_note(request.form.get(TOKEN, "")) if request.method == "POST" else None
    except HTTPException:  # a body that cannot be read
        return None


def read_note(signed: str) -> FormNote | None:
    """Return the note that was signed here; None for any other text."""
    try:
        return FormNote(*_serializer().loads(signed))
    except (BadData, TypeError):
        return None


def _fields() -> list[tuple[str, str]]:
    """Return the typed fields of this request, with the names of chosen files."""
    found = [(name, value) for name, value in request.form.items(multi=True) if _is_kept(name)]
    return found + [(name, file.filename) for name, file in request.files.items(multi=True) if file.filename]


def _is_kept(name: str) -> bool:
    return name in SEEN or (not name.startswith("_") and name not in _SECRET)


def _page_above(path: str) -> str:
    """Return the page of a form that was sent to `path`: the same address, or the nearest one above that is a page."""
    adapter = current_app.create_url_adapter(request)
    while adapter is not None and path.strip("/"):
        try:
            adapter.match(path, method="GET")
        except RequestRedirect:
            return path
        except HTTPException:
            path = path.rstrip("/").rpartition("/")[0]
        else:
            return path
    return "/"
