"""Invented content for the components of the page `/kit`, in the language of the reader where a page has words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace as Sample
from typing import Any

from flask_babel import gettext as _

from expertise.cases.views.assignment import AssignedPerson, Assignment
from expertise.web.cases.page.frame import Turn
from expertise.web.cases.page.progress import Phase, ProgressBand, Stage
from expertise.web.kit.form_fields import FormField
from expertise.web.kit.messages import describe_problem, role_name
from workflows.field import Widget
from workflows.refusals import Problem

#: Stands for the words of people, which no page translates.
SENTENCE = "Сырдария ауданында ауыз суды үнемдеу"
REFERENCE = "ER-2026-0042"
PERSON = "Айгүл Серікова"
#: What a tag is called with, and the words beside it.
TONES = ("", "succeeded", "paused", "refused", "draft", "late")


def in_the_past() -> str:
    """The sentence about a day that is over."""
    return describe_problem(Problem("in_the_past"))


def states() -> list[tuple[str, str]]:
    """The word and the tone of every shape of a state."""
    words = (_("open"), _("Completed"), _("On hold"), _("Refused"), _("draft"), _("Late"))
    return list(zip(words, TONES, strict=True))


def form_fields() -> list[FormField]:
    """A form field of every control, with a hint, an example or a limit where it can have one."""
    yes_no = (("yes", _("Yes")), ("no", _("No")))
    notes = ("water", SENTENCE, (_("Late"), _("Region")))
    cells = [
        FormField("plan.0.step", Widget.TEXT, _("Title"), SENTENCE, required=True),
        FormField("plan.0.due", Widget.DATE, _("Due"), "24.03.2026"),
    ]
    return [
        FormField("title", Widget.TEXT, _("Title"), SENTENCE, required=True, longest=120, hint=_("About")),
        FormField("problem", Widget.LONG_TEXT, _("Comment"), "", longest=2000, example=SENTENCE),
        FormField("number", Widget.NUMBER, _("Number"), "12", required=True),
        FormField("amount", Widget.MONEY, _("Amount"), {"amount": "1 200", "currency": "KZT"}, choices=("KZT", "USD")),
        FormField("date", Widget.DATE, _("Due"), "24.03.2026", required=True),
        FormField("kind", Widget.CHOICE, _("Kind"), "b", choices=(("a", _("Draft")), ("b", _("Result")))),
        FormField(
            "expert",
            Widget.CANDIDATES,
            role_name("expert").capitalize(),
            "water",
            choices=(notes, ("law", PERSON, (_("Topic"),))),
        ),
        FormField("nobody", Widget.CANDIDATES, role_name("expert").capitalize()),
        FormField("agreed", Widget.YES_NO, _("Result"), "yes", choices=yes_no, required=True),
        FormField("consent", Widget.CONFIRM, _("Confirm your decision"), "yes", required=True),
        FormField("email", Widget.EMAIL, _("E-mail address"), "akimat@example.kz", required=True),
        FormField("phone", Widget.PHONE, "+7", "+7 701 000 00 00"),
        FormField("report", Widget.FILE, _("File"), "stored", longest=25 * 1024 * 1024),
        FormField("share", Widget.DECIMAL, _("Amount"), "12,5", suffix="%"),
        FormField("wait", Widget.DURATION, _("Due"), {"amount": "3", "unit": "m"}, choices=(("m", _("Month")),)),
        FormField("start", Widget.MOMENT, _("Started"), {"day": "24.03.2026", "time": "10:00"}),
        FormField("site", Widget.PLACE, _("Region"), {"text": "Қызылорда", "code": "431010000"}),
        FormField("topics", Widget.CHOICES, _("Topic"), ("a",), choices=(("a", _("Draft")), ("b", _("Result")))),
        FormField(
            "months", Widget.CHOICES, _("Month"), ("3",), choices=[(str(each), str(each)) for each in range(1, 13)]
        ),
        FormField("plan", Widget.TABLE, _("Line %(number)s", number=1), rows=[cells]),
        FormField("region", Widget.CHOICE, _("Region"), "43", choices=(("43", "Қызылорда"),), known=True),
    ]


def wrong_fields() -> list[FormField]:
    """The same kinds with something wrong: an error, and a value that somebody else has stored."""
    wrong = (in_the_past(),)
    return [
        FormField("wrong-date", Widget.DATE, _("Due"), "31.02.2026", errors=wrong, required=True),
        FormField("wrong-title", Widget.TEXT, _("Title"), SENTENCE, theirs="Жаңа полигон", longest=120),
        FormField(
            "wrong-answer", Widget.YES_NO, _("Result"), errors=wrong, choices=(("yes", _("Yes")), ("no", _("No")))
        ),
        FormField("wrong-consent", Widget.CONFIRM, _("Confirm your decision"), errors=wrong, required=True),
    ]


def filters() -> Sequence[FormField]:
    """The fields above a list: words, a choice, a choice under headings."""
    return (
        FormField("q", Widget.TEXT, _("Search")),
        FormField("show", Widget.CHOICE, _("Region"), choices=(("43", "Қызылорда"),)),
        FormField("state", Widget.CHOICE, _("State"), groups=((_("Kind"), (("open", _("open")),)),)),
    )


def links() -> list[Sample]:
    """A chain of linked cases: one that is over, the reader's own, one that is to come."""
    shown = {"url": "#chain", "title": SENTENCE, "note": "03.03.2026"}
    return [
        Sample(**shown, kind="ER", reference=REFERENCE, state=_("Completed"), tone="succeeded", place="been"),
        Sample(**shown, kind="PP", reference="PP-2026-0007", state=_("open"), tone="", place="here"),
        Sample(url="", kind="LR", reference="", title="–", state="", tone="", note=_("Not filled in yet"), place="yet"),
    ]


def case_page(now: datetime) -> dict[str, Any]:
    """Return the names that the header of a case and the preview of a step ask for."""
    stages = [Stage(_("Draft"), passed=True, current=False), Stage(_("open"), passed=False, current=True)]
    end = Stage(_("Completed"), passed=False, current=False)
    phases = [Phase(_("New request"), stages[:1]), Phase(_("Result"), [stages[1], end])]
    due = now + timedelta(days=9)
    ahead = Sample(
        votes="1 / 3",
        state=_("Completed"),
        desk=role_name("expert"),
        stays=False,
        due_at=due,
        rule=_("Working calendar"),
        carried="",
        opens="",
        letters=[Sample(role=role_name("expert"), names=[PERSON])],
        why=(SENTENCE,),
        ways=(),
    )
    return {
        "case": Sample(reference=REFERENCE, title=SENTENCE, final=None, due_at=due, opened_at=now, version=1),
        "definition": Sample(title={"kk": "Сараптама", "ru": "Экспертиза", "en": "Expertise"}),
        "progress": ProgressBand(phases, 2, 3, _("Completed")),
        "state": _("open"),
        "tone": "",
        "desk": role_name("expert"),
        "late": False,
        "region": "Қызылорда",
        "money": (_("Amount"), "1 200 000 KZT"),
        "turn": Turn(mine=True, role=role_name("expert"), step=_("Continue"), left="", otherwise=_("Late")),
        "assignment": Assignment(claimable=True, assignee=AssignedPerson("p", PERSON)),
        "tabs": [
            Sample(key="overview", label=_("Overview"), url="#case", count=0),
            Sample(key="messages", label=_("Messages"), url="#messages", count=3),
        ],
        "tab": "overview",
        "ahead": ahead,
    }


def messages(now: datetime) -> dict[str, Any]:
    """Return the names that comments, the history and files of a case ask for."""
    entry = {
        "at": now,
        "actor": PERSON,
        "role": role_name("expert"),
        "channel": "",
        "quoted": "",
        "files": (),
        "changes": (),
    }
    entry |= {"mentioned": (), "reason": "", "corrects": 0, "internal": False, "state": "", "comment": ""}
    report = Sample(kind="file", url="#files", text="отчёт.pdf", note="1,2 MB", label=_("File"))
    said = Sample(**entry | {"sequence": 1, "action": _("Comment"), "comment": SENTENCE, "files": (report,)})
    note = Sample(**entry | {"sequence": 2, "action": _("Comment"), "comment": SENTENCE, "internal": True})
    note.mentioned = (PERSON,)
    mailed = Sample(**entry | {"sequence": 3, "action": _("Comment"), "comment": SENTENCE, "quoted": SENTENCE})
    step = Sample(**entry | {"sequence": 4, "action": _("Continue"), "state": _("Completed"), "comment": SENTENCE})
    wrong = Sample(**entry | {"sequence": 5, "action": _("Continue")})
    day = Sample(
        label="03.03.2026",
        entries=[Sample(text=step, icon="step", time="10:06"), Sample(text=wrong, icon="pen", time="09:44")],
    )
    return {
        "comments": [said, note, mailed],
        "entry": step,
        "days": [day],
        "corrections": {5: Sample(entire=True, sequence=4)},
        "correctable": {4},
        "report": report,
        "attached": Sample(
            problems=(_("Error"),),
            hint=_("File"),
            longest=1024,
            waiting=[Sample(key="k", name="plan.pdf", size="1 KB")],
        ),
        "stays": Sample(url="#empty", label=_("Open the list")),
    }
