"""Changes of an account in words, for letters and pages. No sentence names the account: the text around it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expertise.text.catalogues import N_
from expertise.text.translator import Translator, days
from workflows.definition import Text

#: Act of the history → its sentence. The values of the act fill the placeholders.
SENTENCES: Mapping[str, str] = {
    "absence:record": N_("Another person has recorded your absence and your deputy."),
    "access:give": N_("Access was given again."),
    "lead:give": N_("This account now manages the accounts of its organisation."),
    "lead:take_back": N_("This account no longer manages the accounts of its organisation."),
    "outside:link": N_("An account of another service can be used to sign in: %(issuer)s."),
    "password:set": N_("A new password was set."),
    "passkey:add": N_("A passkey was added: %(name)s."),
    "passkey:refuse": N_(
        "A passkey was refused: it counted backwards, so there may be a copy of it. Its name: %(name)s."
    ),
    "passkey:remove": N_("A passkey was removed: %(name)s."),
    "recovery_code:use": N_("A recovery code was used."),
    "recovery_codes:renew": N_("New recovery codes were made; the old ones no longer work."),
    "role:give": N_("A role was given, or its days were set: %(role)s."),
    "role:take_back": N_("A role was revoked: %(role)s."),
    "second_factor:confirm": N_("Signing in with a code of a telephone was set up."),
    "second_factor:remove": N_("The telephone for the codes was removed: its codes no longer work."),
    "token:issue": N_("A token for a program was made: %(name)s."),
    "token:revoke": N_("A token for a program was revoked: %(name)s."),
    "change:ask": N_("An administrator asks for a change that another administrator must confirm: %(change)s."),
    "change:confirm": N_("Another administrator has confirmed a change: %(change)s."),
    "change:refuse": N_("Another administrator has refused a change: %(change)s."),
    "change:object": N_(
        "The reader of a letter says: it was not me. The account is closed until an administrator opens it."
    ),
}
#: Fact → the sentence for its change, an act that the history calls `facts:change`.
FACTS: Mapping[str, str] = {
    "email": N_("The e-mail address was changed. The new one: %(email)s."),
    "organisation": N_("The organisation was changed. The new one: %(organisation)s."),
}
#: What two administrators decide → its words within a sentence.
CHANGES: Mapping[str, str] = {
    "access": N_("return of access"),
    "email": N_("the new address %(email)s"),
    "role": N_("the role “%(role)s”"),
    "telephone": N_("removal of the telephone and the passkeys"),
}


def sentence(act: str, values: Mapping[str, Any], names: Mapping[str, Text], translator: Translator) -> str:
    """Return an act of an account in one sentence or more.

    `names`: what regions, workflows and organisations are called, by their keys in `values`.
    """
    said = {**values, "role": scope_words(values, names, translator)}
    if "organisation" in values:
        said["organisation"] = translator.text(names.get(str(values["organisation"]))) or "–"
    if act == "facts:change":
        return " ".join(translator.gettext(text, **said) for fact, text in FACTS.items() if fact in values)
    change = CHANGES.get(values.get("what", ""))
    if change is not None:
        said["change"] = translator.gettext(change, **said)
    return translator.gettext(SENTENCES[act], **said)


def scope_words(values: Mapping[str, Any], names: Mapping[str, Text], translator: Translator) -> str:
    """Return `coordinator · Kyzylorda (01.03.2026 – …)`; "" where no role is meant."""
    if not values.get("role"):
        return ""
    limits = [translator.text(names.get(str(values[name]))) for name in ("region", "workflow") if values.get(name)]
    text = " · ".join([translator.role(values["role"]), *filter(None, limits)])
    between = days(values.get("since"), values.get("until"))
    return f"{text} ({between})" if between else text
