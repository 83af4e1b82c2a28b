"""How far a step is from its quorum: in full for the page of a case, in short for a line of a list."""

from __future__ import annotations

from collections.abc import Sequence

from expertise.text.translator import Translator
from workflows.definition import Transition


def describe_votes(step: Transition, given: int, people: Sequence[str], translator: Translator) -> str:
    """How many votes a step has and whose, how many it still needs, and who may not cast them."""
    counted = count_votes(step, given, translator)
    if people:
        counted += f" ({', '.join(people)})"
    missing = translator.ngettext(
        "Missing: %(num)d more person. Role: %(roles)s",
        "Missing: %(num)d more persons. Role: %(roles)s",
        step.quorum - given,
        roles=translator.roles(step.by),
    )
    barred = []
    if people:
        barred.append(translator.gettext("nobody who has voted already"))
    if step.not_by:
        roles = translator.roles(step.not_by)
        barred.append(translator.gettext("nobody who has acted here as: %(roles)s", roles=roles))
    return f"{counted}. {', '.join([missing, *barred])}."


def count_votes(step: Transition, given: int, translator: Translator) -> str:
    """The votes that a step has, of those that it needs."""
    return translator.gettext(
        "%(step)s: %(given)s of %(quorum)s votes", step=translator.text(step.label), given=given, quorum=step.quorum
    )
