"""The progress of a case: the states of its usual way, in phases, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from expertise.cases.views.case_view import CaseView
from expertise.web.kit.i18n import said
from workflows.definition import Definition
from workflows.graph import main_way, way_ahead


@dataclass(frozen=True, slots=True)
class Stage:
    """A state on the way of a case."""

    label: str
    passed: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Phase:
    """The stages of one phase. `label` is empty where the workflow declares no phases."""

    label: str
    stages: Sequence[Stage]

    @property
    def current(self) -> bool:
        """Whether the case stands in this phase."""
        return any(stage.current for stage in self.stages)


@dataclass(frozen=True, slots=True)
class ProgressBand:
    """The place of the case on its way: `number` of `total`. `following` is the label of the next stage, or empty."""

    phases: Sequence[Phase]
    number: int
    total: int
    following: str


def stages(view: CaseView) -> list[Stage]:
    """The states that the case has been in, in the order in which it came there first, and the way that lies ahead.

    A state that it left and may never see again, such as one on the way to an early end, is no part of what lies ahead.
    """
    definition, here = view.definition, view.case.state
    been = [key for key in dict.fromkeys(view.path) if key != here]
    found = [Stage(said(definition.states[key].label), passed=True, current=False) for key in been]
    found.append(Stage(said(definition.states[here].label), here in view.path, current=True))
    return found + [
        Stage(said(definition.states[key].label), passed=False, current=False) for key in way_ahead(definition, here)
    ]


def progress_of(view: CaseView) -> ProgressBand:
    """The usual way of the case in phases. Loops, such as a return for changes, are no stages of it.

    A case in a loop stands at the last stage that it has reached; one that ended early has passed what it has passed.
    """
    definition, here = view.definition, view.case.state
    way = main_way(definition)
    reached = [place for place, key in enumerate(way) if key in view.path]
    place = way.index(here) if here in way else max(reached, default=0)
    over = view.case.final is not None
    ended_early = over and here not in way
    found = [
        Stage(said(definition.states[key].label), at < place or (at == place and over), at == place and not ended_early)
        for at, key in enumerate(way)
    ]
    following = found[place + 1].label if place + 1 < len(found) and not over else ""
    return ProgressBand(_in_phases(definition, way, found), place + 1, len(way), following)


def _in_phases(definition: Definition, way: list[str], found: list[Stage]) -> list[Phase]:
    phased = groupby(zip(way, found, strict=True), lambda pair: definition.states[pair[0]].phase)
    return [Phase(said(definition.phases.get(key or "")), [stage for _key, stage in pairs]) for key, pairs in phased]
