"""A form of those who look after people, rights and letters: one transaction, once however often it is sent, and
under a fresh proof of who sends it.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from expertise import identity
from expertise.base import clock
from expertise.base.errors import TryAgain
from expertise.base.write_set import WriteSet, flush
from expertise.cases.actions import idempotency
from expertise.cases.actions.idempotency import Done, fingerprint
from expertise.identity import runtime
from expertise.web.auth import reauthentication
from expertise.web.kit.forms import KEY
from workflows.refusals import KeyReused, Refusal


def act(work: Callable[[Session], str | Refusal], *, grave: bool = True) -> str | Refusal:
    """Do the work and return the address to go on to; the same form sent again gets the same address.

    Raises ProofNeeded, with the work undone, for what is `grave` and otherwise in order, when the last proof of
    who this is is too old: who may not, or has typed something wrong, hears that first.
    """
    wrong = reauthentication.missing() if grave and reauthentication.PROOF in request.form else None
    key, asked = request.form.get(KEY), fingerprint(request.path, _body())

    def unit(db: Session) -> str | Refusal:
        actor = identity.actor(db)
        earlier = idempotency.before(db, actor.key, key, asked)
        if earlier is not None:
            return earlier if isinstance(earlier, KeyReused) else earlier.reference
        try:
            address = work(db)
        except IntegrityError as twin:  # somebody was faster: looked at anew, it is refused in words
            raise TryAgain from twin
        if isinstance(address, Refusal):
            return address
        if grave and reauthentication.unproved(db):
            raise reauthentication.ProofNeeded(wrong)
        writes = WriteSet()
        idempotency.keep(writes, actor.key, key, asked, Done(address, 0, "", 0), clock.now())
        if not flush(db, writes):
            raise TryAgain  # the twin has committed by now: its answer is the answer
        return address

    return runtime().transactions.run(unit)


def _body() -> list[tuple[str, list[str]]]:
    """Return the typed fields. Fields of the page itself, a password given as proof among them, leave no trace."""
    return sorted((name, values) for name, values in request.form.lists() if name[0:1] != "_" and name != "csrf_token")
