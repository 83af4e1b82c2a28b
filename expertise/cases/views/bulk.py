"""One step for several cases: which steps they share, and the effect of one of them on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from expertise.cases import queries
from expertise.cases.actions.decide import standing
from expertise.cases.queries import CaseRow
from expertise.cases.services import Services
from expertise.cases.views.step_preview import Preview, preview
from expertise.people.access import Actor
from workflows.decision import Verdict, offers
from workflows.definition import Definition, Transition
from workflows.fields.types import COMMENT

#: Cases that one form takes a step for.
MOST = 100


@dataclass(frozen=True, slots=True)
class ChosenCase:
    """A case that was chosen, with the verdict on each step that its reader's roles have there."""

    case: CaseRow
    definition: Definition
    verdicts: Sequence[Verdict]

    def verdict(self, step: str) -> Verdict | None:
        """The verdict on a step; None where it does not belong to the reader here."""
        return next((each for each in self.verdicts if each.step is not None and each.step.key == step), None)


def is_shared(step: Transition) -> bool:
    """Whether a step can be taken for several cases at once: it asks for no more than a comment.

    A step of high risk, and one that begins a part, is taken on the page of its case.
    """
    return set(step.asks) <= {COMMENT.key} and step.risk == "low" and step.opens is None


def chosen(session: Session, services: Services, actor: Actor, references: Sequence[str]) -> list[ChosenCase]:
    """Return the cases of these references that the actor reaches, in their order, each once; at most MOST."""
    found = []
    for reference in list(dict.fromkeys(references))[:MOST]:
        case = queries.find(session, actor, reference)
        if case is not None:
            found.append(_judged(session, services, actor, case))
    return found


def _judged(session: Session, services: Services, actor: Actor, case: CaseRow) -> ChosenCase:
    definition = services.definitions.pinned(case.digest)
    if services.out_of_service(case.workflow) is not None:
        return ChosenCase(case, definition, ())
    stand = standing(session, definition, case, actor, definition.steps_from[case.state])
    return ChosenCase(case, definition, offers(definition, stand))


def shared_steps(cases: Sequence[ChosenCase]) -> list[Transition]:
    """Return the steps that belong to the reader in every case and can be taken for several, as the first one has them.

    Steps are the same when they have the same key, label, questions and weight.
    """
    found = []
    for verdict in cases[0].verdicts if cases else ():
        step = verdict.step
        if step is not None and is_shared(step) and all(_has(each, step) for each in cases):
            found.append(step)
    return found


def _has(case: ChosenCase, step: Transition) -> bool:
    verdict = case.verdict(step.key)
    if verdict is None or verdict.step is None:
        return False
    other = verdict.step
    return is_shared(other) and (other.label, other.asks, other.weight) == (step.label, step.asks, step.weight)


def ahead(session: Session, services: Services, chosen_case: ChosenCase, step: str, now: datetime) -> Preview | None:
    """The effect of the step on a case; None where it may not be taken there now."""
    verdict = chosen_case.verdict(step)
    if verdict is None or not verdict.allowed:
        return None
    return preview(session, services, chosen_case.definition, chosen_case.case, verdict, now)
