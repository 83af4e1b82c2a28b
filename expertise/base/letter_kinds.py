"""Kinds of letters, shared by templates, preferences of people and cases."""

from __future__ import annotations

from enum import StrEnum


class LetterKind(StrEnum):
    """Kind of a letter, declared in its file. See docs/decisions/0014-reminders.md."""

    ACCOUNT = "account"  # a link that opens, or opens again, one's own account
    RECEIPT = "receipt"  # the answer to what one has just sent
    OBLIGATORY = "obligatory"  # a decision, or a period of which silence has consequences
    TASK = "task"  # a case has come to you
    STEP = "step"  # something happened to a case in which you take part
    MENTION = "mention"  # somebody named you in a comment
    REMINDER = "reminder"  # a deadline of yours is near
    ESCALATION = "escalation"  # a deadline of somebody else's was missed, and now it is yours to see to
    DIGEST = "digest"  # all of it, once a day


#: Kinds that are sent at any hour, because the recipient is waiting for them.
AT_ANY_HOUR = frozenset({LetterKind.ACCOUNT, LetterKind.RECEIPT})
#: Kinds that a workflow may use for its steps, and those for its deadlines as well.
ABOUT_STEPS = frozenset({LetterKind.OBLIGATORY, LetterKind.TASK, LetterKind.STEP})
ABOUT_CASES = ABOUT_STEPS | {LetterKind.REMINDER, LetterKind.ESCALATION}
