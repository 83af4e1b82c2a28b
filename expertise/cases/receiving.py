"""A mail is kept on a case: what was written, what it quoted, and its files. Like a comment, and told like one."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from expertise.cases import answered
from expertise.cases.answered import Done
from expertise.cases.commenting import Received, say
from expertise.cases.kind import Shop
from expertise.people.access import Actor
from workflows.fields import COMMENT
from workflows.refusals import Refusal
from workflows.values import longest

__all__ = ["Received", "fit", "receive"]

#: What no text of ours may hold, and what a mail program may well have written.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_UNSEEN = " \t\n\u00a0\u00ad\u200b\u200c\u200d\u2060\ufeff"


def fit(text: str) -> str:
    """The text as a comment can hold it; the whole mail is kept elsewhere."""
    plain = _UNFIT.sub("", text.replace("\r\n", "\n")).strip(_UNSEEN)
    most = longest(COMMENT)
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"


def receive(
    session: Session, shop: Shop, actor: Actor, reference: str, mail: Received, key: str | None = None
) -> Done | Refusal:
    """Keep the mail of `actor` on the case. It makes nobody's page stale and restarts no clock."""
    asked = answered.fingerprint("receive", reference, mail.words, [upload.sha256 for upload in mail.uploads])
    fitting = Received(fit(mail.words), fit(mail.quoted), mail.uploads)
    return say(session, shop, actor, reference, fitting, key, asked)
