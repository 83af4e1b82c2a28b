"""What the page says will happen is what then happens: every step, by everybody, along a whole life."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from expertise.base import clock
from expertise.cases import desk
from expertise.cases.desk import Done
from expertise.cases.notify import expand
from expertise.cases.queries import CASES
from expertise.cases.views import case_view
from expertise.mail.model import OutgoingLetter
from tests.support.environment import done, letters, on_sqlite
from tests.support.main_line import ANALYSIS, REPORT, WALK

PERSONS = ("requester", "twofold", "coordinator", "approver", "manager", "expert")
#: Steps that leave the main line: (the walk before, the step).
ASIDE = (
    ("confirm_complete", "return_for_completion"),
    ("offer_assignment", "declare_no_expert"),
    ("deliverable.accept", "deliverable.return_for_revision"),
)
PARTS = ("offer", "deliverable", "recommendation")


@pytest.fixture
def answers(env):
    """What a step needs to be told, by the types of what it asks."""
    expert, others = env.actor("other_expert").key, []

    def of(definition, step):
        nonlocal others
        raw, uploads = {}, {}
        for name in (name for name, required in step.asks.items() if required):
            field = definition.fields.get(name)
            if field is not None and field.type.key == "file":
                uploads[name] = REPORT
            elif field is not None and field.type.key == "case":
                others = others or [env.walk("confirm_complete")]
                raw[name] = others[0]
            elif field is not None and field.type.key == "choice":
                raw[name] = next(iter(field.options))
            else:
                raw[name] = {"expert": expert, "confirm": True}.get(field.type.key if field else "", "Because.")
        return raw, uploads

    return of


@pytest.fixture
def compare(env, answers):
    """Looks, takes each step that is offered, holds both against each other, and undoes it."""

    def every_step(reference, person):
        actor, tried = env.actor(person), set()
        view = env.look(person, reference)
        for offered in view.offered if view else ():
            if not offered.verdict.allowed:
                continue
            tried.add((view.definition.key, offered.step.key))
            raw, uploads = answers(view.definition, offered.step)
            with env.undone() as session:
                newest = session.scalar(select(func.max(OutgoingLetter.id))) or 0
                answer = desk.fire(
                    desk.Unit(session, env.services),
                    desk.Request(actor, reference, view.case.version),
                    offered.step.key,
                    raw,
                    uploads,
                )
                assert isinstance(answer, Done), (offered.step.key, answer)
                expand.expand(desk.Unit(session, env.services))
                _same(session, view, offered, answer, newest)
        return tried

    return every_step


def _same(session, view, offered, answer, newest):
    promised, step = offered.preview, offered.step
    row = session.execute(select(CASES).where(CASES.c.reference == view.case.reference)).one()
    assert row.state == answer.state == promised.target, step.key
    assert row.owner_role == promised.owner, step.key
    stays = promised.target == view.case.state
    assert row.due_at == (view.case.due_at if stays else promised.deadline.due_at), step.key
    assert bool(answer.opened) is (promised.opens is not None), step.key
    assert promised.votes_missing == 0
    written = {each for about in (row.reference, *answer.opened) for each in new_letters(session, about, newest)}
    told = {(each.letter, name) for each in promised.told for name in each.names}
    if "expert" in step.asks:  # nobody knows yet who will be chosen
        told |= {(each.letter, "other_expert") for each in promised.told if each.role == "expert"}
    assert written <= told, step.key
    assert {name for _, name in written} == {name for _, name in told}, step.key


def new_letters(session, reference, newest):
    older = select(func.count()).select_from(OutgoingLetter).join(CASES, CASES.c.id == OutgoingLetter.case_id)
    known = session.scalar(older.where(CASES.c.reference == reference, OutgoingLetter.id <= newest))
    return letters(session, reference)[known:]


@pytest.fixture
def everywhere(env, compare):
    """The steps tried on a case and the newest part of each kind, by everybody."""

    def whole_family(reference):
        family = [reference, *filter(None, (env.part(reference, part) for part in PARTS))]
        return {tried for each in family for person in PERSONS for tried in compare(each, person)}

    return whole_family


@on_sqlite
def test_the_preview_is_the_effect(env, time, everywhere):
    reference = env.begin()
    tried = everywhere(reference)
    for who, step, asked in WALK:
        time.move(timedelta(days=1, hours=3))
        env.take(who, reference, step, asked)
        if step == "register":
            done(env.edit("coordinator", reference, ANALYSIS))
        tried |= everywhere(reference)
    for until, step in ASIDE:
        aside = env.walk(until)
        env.take("coordinator", aside, step, {"comment": "Because."})
        tried |= everywhere(aside)
    assert tried >= {
        (definition.key, step.key)
        for definition in map(env.services.definitions.current, ("expertise_request", "expert_offer", "deliverable"))
        for step in definition.transitions.values()
        if not set(step.by) <= {"clock", "part"}
    }


def test_a_look_asks_a_bounded_number_of_questions(env, counted):
    """However long the history, and however many parts."""
    short = env.walk("complete_delivery")
    for number in range(5):
        env.comment("requester", short, f"Comment {number}")
    once = counted(lambda: env.look("requester", short))
    for number in range(20):
        env.comment("requester", short, f"Comment {number}")
    env.take("coordinator", short, "ask_deliverable", {"deliverable_kind": "final_report"})
    assert counted(lambda: env.look("requester", short)) == once


def test_a_page_shows_the_newest_events_of_a_long_history(env, monkeypatch):
    monkeypatch.setattr(case_view, "SHOWN", 3)
    reference = env.walk("register")
    for number in range(5):
        done(env.comment("requester", reference, f"Comment {number}"))
    events = env.look("requester", reference).events
    assert [event.comment for event in events] == ["Comment 4", "Comment 3", "Comment 2"]
    assert clock.now() == events[0].at


def test_what_a_part_carries_along_is_foretold(env):
    reference = env.walk("offer.accept")
    offer = env.part(reference, "offer")
    offered = {each.step.key: each.preview for each in env.look("expert", offer).offered}
    carried = offered["accept"].carried
    env.take("expert", reference, "offer.accept", {"no_conflict": "yes"})
    row = env.case(reference)
    assert carried.state == env.services.definitions.pinned(row.digest).states[row.state].label
    assert [told.role for told in carried.told] == ["requester"]
    assert offered["decline"].carried is None
