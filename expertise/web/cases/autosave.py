"""A form that saves itself: each field by itself, so that a wrong one stops no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import abort, jsonify, url_for
from flask.wrappers import Response
from flask_babel import gettext as _

from expertise.base import clock
from expertise.cases.desk import Done, ShownForm
from expertise.text.translator import clock_time
from expertise.web.kit import shown as shown_form
from expertise.web.kit import unsent
from expertise.web.kit.forms import new_key
from expertise.web.kit.messages import describe
from workflows.definition import Definition
from workflows.refusals import Invalid, NotFound, Refusal, Stale

#: Attempts at one save: with all fields, without the wrong ones, without those that somebody else has changed.
ATTEMPTS = 3


@dataclass(slots=True)
class Autosave:
    """One save of a form by itself. `left_out`: sentences about the fields that were not saved, by field.

    `refusal` is the reason why not all was saved; None while there is none.
    """

    definition: Definition
    raw: Mapping[str, Any]
    version: int  # that the form had shown; 0 for a case that is yet to begin
    left_out: dict[str, list[str]] = field(default_factory=dict)
    refusal: Refusal | None = None

    def run(self, save: Callable[[Mapping[str, Any]], Done | Refusal]) -> Done | Refusal:
        """Save what can be saved. A Refusal when nothing can: that of all fields together."""
        raw = dict(self.raw)
        for _attempt in range(ATTEMPTS):
            done = save(raw)
            if isinstance(done, Done):
                return done if self.refusal is None or done.version != self.version else self.refusal
            self.refusal = self.refusal or done
            names = _fields_of(done) & raw.keys()
            if names == raw.keys() or not names:
                return self.refusal
            for item in describe(done, self.definition).items:
                if item.field in names:
                    self.left_out.setdefault(item.field, []).append(item.text)
            raw = {name: value for name, value in raw.items() if name not in names}
        return self.refusal or NotFound()

    def saved(self, done: Done, was: ShownForm | None) -> tuple[Response, int]:
        """Answer with what the form shows from now on; what was left out stays as it was seen.

        The status is that of the refusal, when something was left out. Its words are kept under the address that the
        form has from now on, with the next save.
        """
        if self.refusal is not None and not self.version:
            unsent.keep_nothing()
        address = url_for("editing.edit", reference=done.reference)
        sentences = [_("Saved at %(time)s", time=clock_time(clock.now()))]
        if self.left_out:
            wrong = (text for texts in self.left_out.values() for text in texts)
            sentences = [f"{sentences[0]}.", _("Not saved:"), *wrong]
        return jsonify(
            message=" ".join(sentences),
            key=new_key(),
            seen=done.version,
            shown=shown_form.after(self.definition, self.raw, was, self.left_out) if was is not None else None,
            url=address,
            page=unsent.form_note(address),
        ), describe(self.refusal, self.definition).status if self.refusal is not None else 200

    def refused(self, refusal: Refusal) -> tuple[Response, int]:
        """Answer with the reasons. The version stays the one that was seen: nothing is overwritten silently."""
        if isinstance(refusal, NotFound):
            abort(404)
        described = describe(refusal, self.definition)
        words = " ".join([_("Not saved yet."), *(item.text for item in described.items)])
        return jsonify(message=words, key=new_key(), seen=self.version), described.status


def _fields_of(refusal: Refusal) -> set[str]:
    """Return the fields that alone are the reason of a refusal; none when it has another one."""
    if isinstance(refusal, Invalid):
        return {name for name, _problems in refusal.errors}
    return set(refusal.fields) if isinstance(refusal, Stale) else set()
