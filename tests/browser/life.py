"""Journeys as data: who takes which step with which answers, in a real browser, and what is read there afterwards.

A script is a tuple of moves. `Step` is a step that a person takes on the page, `Fill` a form of fields, `Clock` a
deadline that passes, so that the worker takes the step; `carries` names the step of the parent that a part takes with
it. What was typed, chosen or attached must stand on the page of the case afterwards, as the reader's language shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.site import PASSWORD, Site, Visitor, reference_in
from tests.support.contents import definitions
from workflows.definition import Definition, Transition

#: Longer texts are pasted, as a person would paste them.
TYPED = 60
#: The part that is meant, by the beginning of its reference.
PARTS = {"EO": "offer", "DL": "deliverable", "RF": "recommendation"}
WORKFLOWS = {
    "ER": "expertise_request",
    "EO": "expert_offer",
    "DL": "deliverable",
    "RF": "recommendation_follow_up",
    "PP": "project_proposal",
    "LR": "loan_referral",
}


@dataclass(frozen=True)
class Step:
    """A step that a person takes; `on` is the case, or the newest part of that kind, or `RF:2`, the second one."""

    who: str
    step: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    on: str = ""
    carries: str = ""


@dataclass(frozen=True)
class Fill:
    """A form of fields that a person fills in and saves."""

    who: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Clock:
    """The deadline passes, and the worker takes the step."""

    step: str
    on: str = ""
    carries: str = ""


Move = Step | Fill | Clock


def taken_in(workflow: str, script: Iterable[Move]) -> Iterator[tuple[str, str]]:
    """Yield (workflow, step) of all steps that a script takes."""
    for move in script:
        if isinstance(move, Fill):
            continue
        yield WORKFLOWS[move.on[:2]] if move.on else workflow, move.step
        if move.carries:
            yield workflow, move.carries


def typed_in(workflow: str, script: Iterable[Move]) -> Iterator[tuple[str, str]]:
    """Yield (workflow, field) of everything that is typed or chosen in a script."""
    for move in script:
        if not isinstance(move, Clock):
            names, on = (move.values, "") if isinstance(move, Fill) else (move.answers, move.on)
            yield from ((WORKFLOWS[on[:2]] if on else workflow, name.partition(".")[0]) for name in names)


def squeezed(text: str) -> str:
    """Return the text without white space: a page may break and group it as it likes."""
    return re.sub(r"\s+", "", text)


class Life:
    """The people of a module's cases, each at one browser for the whole module."""

    def __init__(self, site: Site, time: Any, come: Callable[[str], Visitor]) -> None:
        self.site, self.time, self.come = site, time, come
        self.people: dict[str, Visitor] = {}
        self.workflow, self.case = "", ""
        self.known: dict[str, str] = {}  # what a script calls by a name → the reference of that case

    # --- people -------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Visitor:
        """Return the person of that name, at the browser, signed in."""
        if name not in self.people:
            self.people[name] = self.come(name)
        return self.people[name]

    def see(self, name: str, path: str) -> Page:
        """Open a page as a person who signs in again where the session is over."""
        person = self[name]
        person.page.goto(path)
        if "/sign-in" in person.page.url:
            person.sign_in()
            person.see(path)
        return person.page

    # --- a script -----------------------------------------------------------------------------

    def begin(self, name: str, workflow: str, values: Mapping[str, Any]) -> None:
        """Open a case by its form."""
        self.workflow = workflow
        page = self.see(name, f"/cases/new/{workflow}")
        shown = typed(page, self._resolved(values))
        self[name].send()
        page.wait_for_url(re.compile(r"/cases/[A-Z]{2}-\d{4}-\d+$"))
        self.case = reference_in(page.url)
        self._reads_back(name, self.case, shown)

    def goes_on(self, workflow: str, case: str) -> None:
        """Take up a case that is there already."""
        self.workflow, self.case = workflow, case

    def run(self, script: Iterable[Move]) -> None:
        """Take the moves of a script, three a minute."""
        for move in script:
            self.time.move(timedelta(seconds=20))
            if isinstance(move, Fill):
                self._fill(move)
            elif isinstance(move, Clock):
                self._wait(move)
            else:
                self._take(move)

    def reference(self, on: str) -> str:
        """Return the reference of what a move is about."""
        kind, _, number = on.partition(":")
        if not kind:
            return self.case
        return self.parts(kind)[int(number) - 1] if number else self.site.env.part(self.case, PARTS[kind])

    def parts(self, kind: str) -> list[str]:
        """Return the references of the parts of a kind, as the page of the parent lists them to the coordinator."""
        page = self.see("coordinator", f"/cases/{self.case}/parts")
        return [each for each in page.locator(".main .table tbody th a").all_inner_texts() if each.startswith(kind)]

    def _fill(self, move: Fill) -> None:
        page = self.see(move.who, f"/cases/{self.case}")
        page.click(f"a.button[href='/cases/{self.case}/edit']")
        shown = typed(page, move.values)
        self[move.who].send()
        page.wait_for_url(f"{self.site.url}/cases/{self.case}")
        self._reads_back(move.who, self.case, shown)

    def _take(self, move: Step) -> None:
        reference = self.reference(move.on)
        definition, step = self._declared(move.on, move.step)
        state = self.site.env.case(reference).state
        opened = self._parts_of(step)
        page = self.see(move.who, f"/cases/{reference}")
        shown = self._answer(self[move.who], reference, step, self._resolved(move.answers))
        page.wait_for_url(f"{self.site.url}/cases/{reference}")
        assert page.locator(".note.good").count() == 1, page.locator("main").inner_text()
        self.site.carry()
        target = definition.target_of(step, state)
        assert self.site.env.case(reference).state == target
        assert definition.states[target].label[self[move.who].language] in page.locator("main").inner_text()
        handed_on = {name: shown.pop(name) for name in definition.handed_on(step) if name in shown}
        self._reads_back(move.who, reference, shown)
        if step.opens:
            assert self._parts_of(step) == opened + 1
            part = self.site.env.part(self.case, step.opens)
            self._reads_back(move.who, part, handed_on)
        self._has_carried(move, reference, step)
        if definition.states[target].final:
            self._has_ended(move.who, reference, definition, step, target)

    def _wait(self, move: Clock) -> None:
        reference = self.reference(move.on)
        definition, step = self._declared(move.on, move.step)
        state, due = (getattr(self.site.env.case(reference), name) for name in ("state", "due_at"))
        assert definition.states[state].deadline.then == step.key and due is not None
        self.time.go(due + timedelta(minutes=1))
        self.site.carry()
        target = definition.target_of(step, state)
        assert self.site.env.case(reference).state == target
        assert self.site.env.events(reference)[-1].act == f"clock:step:{step.key}"
        page = self.see("coordinator", f"/cases/{reference}")
        assert definition.states[target].label[self["coordinator"].language] in page.locator("main").inner_text()
        self._has_carried(move, reference, step)
        if definition.states[target].final:
            self._has_ended("coordinator", reference, definition, step, target)

    def _resolved(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values with the key of an expert and the reference of a case, which a script calls by name."""
        found = {
            name: self.known.get(value, value) if isinstance(value, str) else value for name, value in values.items()
        }
        return found | ({"expert": self.site.env.actor(values["expert"]).key} if "expert" in values else {})

    # --- the page -----------------------------------------------------------------------------

    def _answer(
        self, person: Visitor, reference: str, step: Transition, answers: Mapping[str, Any]
    ) -> dict[str, list[str]]:
        """Take the step on the page of the case, or on a page of its own; returns what is to be read afterwards."""
        page, action = person.page, f"/cases/{reference}/steps/{step.key}"
        short = page.locator(f"main form[action='{action}']")
        if short.count():
            button = short.locator("button")
            if not button.is_visible():
                page.click(f"details:has(> form[action='{action}']) > summary")
            shown = typed(page, answers, f"main form[action='{action}']")
            button.click()
            return shown
        link = page.locator(f"a.button[href='{action}']")
        if not link.is_visible():
            page.click("details.more > summary")
        link.click()
        shown = typed(page, answers)
        if step.weight == "grave":
            page.check("#sure-yes")
        if page.locator("#f-_proof").count():
            page.fill("#f-_proof", PASSWORD)
        person.send()
        return shown

    def _reads_back(self, name: str, reference: str, shown: Mapping[str, list[str]]) -> None:
        """What was typed stands on a tab of the case: beside the label of its field, a comment in the history."""
        fields, language = definitions()[WORKFLOWS[reference[:2]]].fields, self[name].language
        heads = {"title", "region"}  # these stand at the head of the page
        labels = {
            key: "" if key not in fields or fields[key].column in heads else fields[key].label[language]
            for key in shown
        }
        missing = {(labels[key], each) for key in shown for each in shown[key]}
        for tab in ("", "/terms", "/files", "/history"):
            if not missing:
                return
            page = self.see(name, f"/cases/{reference}{tab}")
            said = facts(page) | {"": page.locator("main").inner_text()}
            missing = {(label, each) for label, each in missing if squeezed(each) not in squeezed(said.get(label, ""))}
        assert not missing, (reference, missing)

    def _has_carried(self, move: Step | Clock, reference: str, step: Transition) -> None:
        assert (step.carries or "") == move.carries
        if move.carries:
            assert self.site.env.events(self.case)[-1].act == f"part:step:{move.carries}"
            label = self._declared("", move.carries)[1].taken[self["coordinator"].language]
            assert label in self.see("coordinator", f"/cases/{self.case}/history").locator(".trail").inner_text()

    def _has_ended(self, name: str, reference: str, definition: Definition, step: Transition, target: str) -> None:
        """The end stands in the history, and everybody who is to be written to has a letter in their own language."""
        label = definition.states[target].label
        history = self.see(name, f"/cases/{reference}/history")
        for said in (label, step.taken):
            assert said[self[name].language] in history.locator("ol.trail").inner_text()
        told = {reader for letter, reader in self.site.env.letters(reference) if letter in step.tells.values()}
        assert told or not step.tells, (reference, step.key)
        for reader in told:
            letter = self.site.letter(reader, reference)
            language = self.site.env.actor(reader).language
            assert f'<html lang="{language}">' in letter.html and reference in letter.subject
            page = self.see(reader, f"/cases/{reference}")
            assert label[self[reader].language] in page.locator("main").inner_text()

    # --- the definitions ----------------------------------------------------------------------

    def _declared(self, on: str, step: str) -> tuple[Definition, Transition]:
        definition = definitions()[WORKFLOWS[on[:2]] if on else self.workflow]
        return definition, definition.transitions[step]

    def _parts_of(self, step: Transition) -> int:
        if not step.opens:
            return 0
        prefix = next(prefix for prefix, part in PARTS.items() if part == step.opens)
        return len(self.parts(prefix))


def facts(page: Page) -> dict[str, str]:
    """Return label → value of everything that stands as a fact on the page of a case."""
    pairs = page.locator(".main dl.facts > div").evaluate_all(
        "all => all.map(one => [one.querySelector('dt').innerText, one.querySelector('dd').innerText])"
    )
    return dict(pairs)


# --- typing -----------------------------------------------------------------------------------


def typed(page: Page, values: Mapping[str, Any], within: str = "main") -> dict[str, list[str]]:
    """Fill in a form by keyboard and choice; returns for each field the texts that the page of the case must show."""
    shown: dict[str, list[str]] = {}
    for name, value in values.items():
        box = page.locator(f"{within} [name='{name}']:not([type=hidden])").last
        if box.evaluate("box => !!box.closest('details:not([open])')") and not box.is_visible():
            box.locator("xpath=ancestor::details[1]/summary").click()
        shown.setdefault(name.partition(".")[0], []).extend(_typed(page, box, name, value, within))
    return shown


def _typed(page: Page, box: Locator, name: str, value: Any, within: str) -> list[str]:
    kind = box.evaluate("box => box.type")
    if kind.startswith("select"):
        box.select_option(value)
        chosen = box.locator("option:checked").inner_text().lstrip("– ")
        return [] if name.endswith(".currency") else [re.sub(r"^([A-Z]{2}-\d{4}-\d+) .*", r"\1", chosen)]
    if kind in ("checkbox", "radio"):
        one = page.locator(f"{within} [name='{name}'][value='{'yes' if value is True else value}']").last
        label = page.locator(f"label[for='{one.get_attribute('id')}']")
        label.click()
        assert one.is_checked()
        return [] if kind == "checkbox" else [label.inner_text()]
    if kind == "file":
        box.set_input_files(value)
        return [value["name"]]
    box.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    if len(str(value)) <= TYPED:
        box.press_sequentially(str(value))
    else:
        page.keyboard.insert_text(str(value))
    return [str(value)]
