"""The act of an event: `source:subject:action` in the trail, a value here.

Sources are the ways of people (`person`, `signed`, `mail`) and machines (`clock`, `part`, `calendar`). The action is a
step of the definition for a step, a vote, an undo and a step that is held; the name of a rung for a reminder; else a
word of the subject.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache


class Subject(StrEnum):
    """The subjects of events of a case."""

    CASE = "case"  # open
    STEP = "step"  # taken
    VOTE = "vote"  # for a step that needs several persons
    UNDO = "undo"  # of a step
    FIELDS = "fields"  # edit
    COMMENT = "comment"  # add
    NOTE = "note"  # add; for the team alone
    DEADLINE = "deadline"  # extend, move
    DESK = "desk"  # claim, release, delegate, forward
    CORRECTION = "correction"  # propose, confirm, decline
    REMIND = "remind"
    ESCALATE = "escalate"
    MIGRATION = "migration"  # apply, revert: the case goes on under another version of its workflow
    HELD = "held"  # a step that the clock cannot take yet


@dataclass(frozen=True, slots=True)
class Act:
    """The way the actor came, the subject, and the action. `str()` gives the text of the trail."""

    source: str
    subject: str
    action: str

    def __str__(self) -> str:
        return f"{self.source}:{self.subject}:{self.action}"

    @property
    def about(self) -> str:
        """Subject and action, whoever acted: `desk:claim`."""
        return f"{self.subject}:{self.action}"

    @property
    def is_step(self) -> bool:
        """Whether a step was taken, or a vote for one given."""
        return self.subject in (Subject.STEP, Subject.VOTE)

    def on(self, subject: Subject) -> Act:
        """The same act about another subject."""
        return replace(self, subject=subject)


@lru_cache(maxsize=4096)
def act_of(text: str) -> Act:
    """The act that a text of the trail names; what it does not say is empty."""
    source, subject, action = [*text.split(":", 2), "", ""][:3]
    return Act(source, subject, action)
