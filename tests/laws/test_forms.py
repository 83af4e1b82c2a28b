"""What a browser posts of every form of every workflow is stored as it was typed: edited fields, steps, new cases.

Each form is taken from the application's own page, read as a browser reads it, sent as it came and sent filled in,
by everybody in a role that may open it. The law counts the controls it filled, so that it cannot fill nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from expertise import registry, worker
from expertise.audit.model import PrivateValue
from expertise.base import clock
from expertise.cases.model import Case
from expertise.files.model import StoredFile
from expertise.people.auth.sessions import start_session
from tests.laws.filling import REGION, Filler
from tests.properties.route_finder import VALUES, Goal, Guide, NoWay, places
from tests.support.days import MONDAY
from tests.support.environment import done
from tests.support.html_forms import Form, forms
from tests.support.snapshots import Snapshots
from workflows import extension
from workflows.definition import Definition, State, Transition
from workflows.refusals import Missing, NotReady

#: Workflow → controls that must be filled at least, over all its forms. More fields or states: raise it.
AT_LEAST = {
    "deliverable": 18,
    "expert_offer": 7,
    "expertise_request": 600,
    "loan_referral": 400,
    "project_proposal": 300,
    "recommendation_follow_up": 90,
}
DEFINITIONS = registry.load()


@dataclass
class Patient(Guide):
    """A guide who waits for the clock where people alone do not come on."""

    time: clock.FrozenClock | None = None

    def _nearer(self, reference, targets):
        try:
            super()._nearer(reference, targets)
        except NoWay:
            row = self.env.case(reference)
            if row.due_at is None:
                raise
            self.time.go(row.due_at + timedelta(days=1))
            worker.sweep(self.env.transactions, self.env.services)
            if self.env.case(reference).state == row.state:
                raise


@dataclass
class Desk:
    """The forms of one case in one state; `back` undoes whatever was sent."""

    app: Any
    env: Any
    guide: Patient
    start: Snapshots
    counted: int = 0
    here: Snapshots | None = None
    reference: str = ""
    state: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def lead(self, definition: Definition, state: str, opener: str | None) -> None:
        """Bring a new case there, opened by that role or the usual one, and sign everybody in."""
        self.start.back()
        self.guide.time.go(MONDAY)
        self.state = state
        if opener is not None:
            fields = self.guide._known(definition, definition.states[state].edit[opener])
            self.reference = done(self.env.file(fields, opener, workflow=definition.key)).reference
        else:
            parent, part = next(iter(places(DEFINITIONS, definition)))
            self.reference = self.guide.lead(Goal(definition.key, None, (state,), parent, part))
        self.sign_in()

    def send_back(self, definition: Definition) -> None:
        """Let a case that was never sent go out and come back: only then do others than its opener see it."""
        back = {
            source for step in definition.transitions.values() if step.target == self.state for source in step.sources
        }
        assert back, f"{definition.key}: nobody but its opener ever sees a case in {self.state}"
        self.guide._go(self.reference, tuple(back))
        self.guide._go(self.reference, (self.state,))
        self.sign_in()

    def sign_in(self) -> None:
        with self.env.transactions.write() as session:
            for role in ROLES:
                self.tokens[role] = start_session(session, self.env.actor(role).person_id, clock.now())
        if self.here is not None:
            self.here.close()
        self.here = Snapshots(self.app.extensions["komek"].settings.database_url.removeprefix("sqlite:///"))

    def bring(self, role: str, step: Transition) -> None:
        """Fulfil whatever stands between the state and the step."""
        for way in (self._bring, self._bring, self._by_way_of_the_target):
            lacking = self._lacking(role, step)
            if not lacking:
                return
            way(step, lacking)
            self.guide._go(self.reference, (self.state,))
        assert not self._lacking(role, step), (step.key, role, self._lacking(role, step))

    def _lacking(self, role: str, step: Transition) -> list[Missing]:
        offered = next(each for each in self.env.look(role, self.reference).offered if each.step.key == step.key)
        assert all(isinstance(each, NotReady) for each in offered.verdict.refusals), (step.key, role, offered.verdict)
        return [each for refusal in offered.verdict.refusals for each in refusal.missing if each.kind != "answer"]

    def _bring(self, _step: Transition, lacking: list[Missing]) -> None:
        for missing in lacking:
            if missing.kind == "fact" and missing.name.endswith(".none_open"):
                for part in self.guide._open_parts(self.reference, missing.name.split(".")[1]):
                    states = self.guide._definition(part).states.values()
                    self.guide._go(part, tuple(state.key for state in states if state.final is not None))
            else:
                self.guide._bring(self.reference, missing)

    def _by_way_of_the_target(self, step: Transition, _lacking: list[Missing]) -> None:
        """A way back asks for what was decided where it leads to: the case must have been there."""
        self.guide._go(self.reference, (step.target,))

    def fill(
        self,
        form: Form,
        definition: Definition,
        names: Iterable[str],
        left: Collection[str] = (),
        needs: Collection[str] = (),
    ) -> dict[str, Any]:
        """Fill every field of the form but those that are `left`; what must be stored of it. `needs` are facts."""
        least = {name for fact in needs if fact in definition.facts for name in definition.facts[fact].fields}
        filled = Filler(form, self.env.actor("expert").key, self.counted, least).fill(definition, names, left)
        self.counted += filled.count
        return filled.expected

    def browser(self, role: str):
        opened = self.app.test_client()
        with opened.session_transaction() as kept:
            kept["token"] = self.tokens[role]
        return opened

    def named(self, reference: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Stored values without what is empty; a file stands as its name."""
        with self.env.transactions.read() as session:
            case = select(Case.id).where(Case.reference == reference).scalar_subquery()
            files = session.execute(select(StoredFile.key, StoredFile.name).where(StoredFile.case_id == case))
            names = {row.key: row.name for row in files}
        given = {name: value for name, value in values.items() if value is not None}
        return {name: names.get(value, value) if isinstance(value, str) else value for name, value in given.items()}

    def stored(self, reference: str) -> dict[str, Any]:
        return self.named(reference, self.env.case(reference).fields)

    def said(self) -> dict[str, Any]:
        """What the newest event of the case keeps of what was typed."""
        row = self.env.case(self.reference)
        event = (PrivateValue.case_id == row.id, PrivateValue.sequence == row.sequence)
        with self.env.transactions.read() as session:
            found = session.execute(select(PrivateValue.name, PrivateValue.value).where(*event)).all()
        typed = {each.name: json.loads(each.value) for each in found if not each.name.startswith("_")}
        return self.named(self.reference, typed)


ROLES = ("requester", "coordinator", "approver", "manager", "expert", "lender")


def form_at(browser, url: str) -> Form:
    """The form of the page, which is the only one with a key."""
    answer = browser.get(url, buffered=True)
    assert answer.status_code == 200, (url, answer.status_code, answer.text)
    [found] = [form for form in forms(answer.text) if any(each.name == "_key" for each in form.controls)]
    return found


def send(browser, url: str, form: Form):
    """As a browser sends it, by its button."""
    return browser.post(form.action or url, data=form.data(), buffered=True)


def save(browser, form: Form):
    """As the page's script sends it by itself."""
    sent = form.data(files=False)
    answer = browser.post(form.action, data=sent, headers={"Accept": "application/json"}, buffered=True)
    assert answer.status_code == 200, (form.action, answer.text)
    return answer.json


@pytest.fixture(scope="module")
def start(app, env):
    """The environment before any case, with a person of a lender in it."""
    env.hire("lender", "lender", "lender-ebrd")
    for workflow, sent in (
        ("project_proposal", "screened"),
        ("expertise_request", "submitted"),
    ):  # others can name them
        Guide(env).lead(Goal(workflow, None, (sent,), workflow, None))
    kept = Snapshots(app.extensions["komek"].settings.database_url.removeprefix("sqlite:///"))
    yield kept
    kept.close()


@pytest.fixture
def desk(app, env, start, time):
    return Desk(app, env, Patient(env, time=time), start)


def check_edited(desk: Desk, browser, url: str, definition: Definition, names: Iterable[str], before: dict) -> None:
    """The form of the fields of a case: untouched, saved by the script, sent with files, and untouched once more."""
    reference = url.split("/")[2]
    assert send(browser, url, form_at(browser, url)).status_code == 303
    save(browser, form_at(browser, url))
    assert desk.stored(reference) == before
    form = form_at(browser, url)
    filled = desk.fill(form, definition, names)
    save(browser, form)
    files = {name for name in names if definition.fields[name].type.is_file}
    assert desk.stored(reference) == {**before, **{k: v for k, v in filled.items() if k not in files}}
    form = form_at(browser, url)
    filled = desk.fill(form, definition, names)
    answer = send(browser, url, form)
    assert answer.status_code == 303, (url, answer.text)
    assert desk.stored(reference) == {**before, **filled}
    assert send(browser, url, form_at(browser, url)).status_code == 303
    assert desk.stored(reference) == {**before, **filled}


def check_new(desk: Desk, definition: Definition, role: str) -> None:
    browser, url = desk.browser(role), f"/cases/new/{definition.key}"
    names = definition.states[definition.initial].edit[role]
    untouched = form_at(browser, url)
    answer = send(browser, url, untouched)
    # The region is chosen already for a person who files for one only.
    given = {"region": REGION} if "region" in names and untouched.of("region")[0].options == ["", REGION] else {}
    if role == "requester":  # nothing that is known is typed twice; a coordinator's account says nothing about others
        known = {"organisation": "Қызылорда облысының әкімдігі", "person": role, "email": f"{role}@example.kz"}
        known["phone"] = VALUES["phone"]  # of the request that this person has sent already, see `start`
        given |= {
            name: known[each.filled_from] for name in names if (each := definition.fields[name]).filled_from in known
        }
    assert answer.status_code == 303 and desk.stored(answer.location.rpartition("/")[2]) == given
    form = form_at(browser, url)
    filled = desk.fill(form, definition, names)
    answer = send(browser, url, form)
    assert answer.status_code == 303, (url, role, answer.text)
    assert desk.stored(answer.location.rpartition("/")[2]) == filled
    if role == "requester" and filled.get("contact_phone"):  # known from the last case
        given["contact_phone"] = filled["contact_phone"]
    said = save(browser, form_at(browser, url))
    check_edited(desk, browser, said["url"], definition, names, given)


def check_step(desk: Desk, definition: Definition, step: Transition, role: str) -> None:
    """The form of a step: untouched it is done or asks for what it needs; filled in, all of it is kept."""
    browser, url = desk.browser(role), f"/cases/{desk.reference}/steps/{step.key}"
    stored = desk.stored(desk.reference)
    answer = send(browser, url, form_at(browser, url))
    filled = {name for name, field in definition.fields.items() if field.filled_from == "today"}
    wants = step.weight == "grave" or any(
        needed and name not in stored and name not in filled for name, needed in step.asks.items()
    )
    assert answer.status_code == (422 if wants else 303), (url, role, answer.text)
    if not wants:
        desk.here.back()
        desk.bring(role, step)
    form = form_at(browser, url)
    if step.weight == "grave":
        form.fill("_sure", "yes")
    filled = desk.fill(form, definition, step.asks, needs=step.needs)
    answer = send(browser, url, form)
    assert answer.status_code == 303, (url, role, answer.text)
    assert desk.said() == filled
    handed = definition.handed_on(step)
    elsewhere = handed | {"comment"} | set(step.clears)
    assert desk.stored(desk.reference).items() >= {k: v for k, v in filled.items() if k not in elsewhere}.items()
    if handed:
        part = desk.stored(desk.env.part(desk.reference, step.opens))
        assert part.items() >= {name: value for name, value in filled.items() if name in handed}.items()


def check_extension(desk: Desk, definition: Definition, role: str) -> None:
    """The form by which more time is given: by days here, because only one of days and date may be filled in."""
    browser, url = desk.browser(role), f"/cases/{desk.reference}/extension"
    assert send(browser, url, form_at(browser, url)).status_code == 422
    form = form_at(browser, url)
    filled = desk.fill(form, extension.form_of(definition, desk.state), ["days", "comment"], {"until"})
    answer = send(browser, url, form)
    assert answer.status_code == 303, (url, role, answer.text)
    assert desk.said().items() >= filled.items()


def turns(definition: Definition) -> Iterator[tuple[State, str | None, frozenset[str]]]:
    """Each state with whoever has a form there; what was never sent is each opener's own, and no one else's."""
    for state in definition.states.values():
        able = {role for step in definition.steps_from[state.key] for role in step.by} | set(state.edit)
        able |= set(extenders(state))
        able &= set(ROLES)
        if state.key == definition.initial:
            for opener in sorted(able & set(definition.opened_by)):
                yield state, opener, frozenset({opener})
            able -= set(definition.opened_by)
        if able:
            yield state, None, frozenset(able)


def extenders(state: State) -> tuple[str, ...]:
    return state.deadline.extend.by if state.deadline is not None and state.deadline.extend is not None else ()


def check_state(desk: Desk, definition: Definition, state: State, roles: frozenset[str], seen: dict) -> None:
    for role, names in state.edit.items():
        if role in roles:
            before = desk.stored(desk.reference)
            check_edited(desk, desk.browser(role), f"/cases/{desk.reference}/edit", definition, names, before)
            seen["fields"] += 1
            desk.here.back()
    for step in definition.steps_from[state.key]:
        for role in sorted(roles & set(step.by)):
            desk.bring(role, step)
            check_step(desk, definition, step, role)
            seen["steps"] += 1
            desk.here.back()
    for role in sorted(roles & set(extenders(state))):
        check_extension(desk, definition, role)
        seen["extensions"] += 1
        desk.here.back()


@pytest.mark.parametrize("key", sorted(DEFINITIONS))
def test_what_is_typed_in_a_form_is_what_is_stored(desk, key, capsys):
    definition = DEFINITIONS[key]
    seen = {"new": 0, "fields": 0, "steps": 0, "extensions": 0}
    desk.start.back()
    desk.sign_in()
    for role in definition.opened_by:
        check_new(desk, definition, role)
        seen["new"] += 1
        desk.here.back()
    for state, opener, roles in turns(definition):
        desk.lead(definition, state.key, opener)
        if state.key == definition.initial and opener is None and definition.opened_by:
            desk.send_back(definition)
        check_state(desk, definition, state, roles, seen)
    with capsys.disabled():
        print(f"\n{key}: {desk.counted} controls filled in {seen}")
    assert desk.counted >= AT_LEAST[key]
