"""My tasks: grouped by deadline, counted truly, reachable to the last one; a plain step is taken from the list."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from expertise.web.home import desk
from tests.expertise.web.cases.test_cases import REQUEST, events


@pytest.fixture
def sent(visit):
    """File and send a request; returns its reference."""

    def send(**changed):
        requester = visit("requester")
        reference = requester.begin({**REQUEST, **changed})
        assert requester.take(reference, "submit").status_code == 303
        return reference

    return send


def quick(visitor, reference, url="/"):
    """The address and the hidden fields of the button in the row of a case."""
    page = visitor.see(url).text
    form = next(part for part in page.split("<form") if f"/desk/steps/{reference}/" in part).partition("</form")[0]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return re.search(r'action="([^"]+)"', form)[1], hidden


def headings(page):
    """The groups with their numbers, in order."""
    found = re.findall(r'scope="rowgroup"><span[^>]*>([^<]+)</span> <a class="count" href="[^"]*">([^<]+)</a>', page)
    return [(title, number) for title, number in found]


def test_tasks_stand_in_groups_by_deadline_with_days_to_go(visit, sent, time):
    late = sent(title="First one")
    time.move(timedelta(days=7))
    sent(title="Second one")
    page = visit("coordinator").see("/").text
    assert headings(page) == [("Late tasks", "1"), ("This week", "1")]
    row = page.partition(late)[0].rpartition("<tr")[2] + page.partition(late)[2].partition("</tr")[0]
    assert "late by 2 working days" in row and "Unassigned" in row
    assert "in 2 working days" in page


def test_every_task_is_reachable_and_every_figure_leads_to_what_it_counts(visit, sent, monkeypatch):
    monkeypatch.setattr(desk, "SHOWN", 2)
    begun = {sent(title=f"Number {number}") for number in range(5)}
    coordinator = visit("coordinator")
    page = coordinator.see("/").text
    assert headings(page) == [("This week", "5")] and len(re.findall('class="t"', page)) == 2
    address = re.search(r'<a class="count" href="([^"]*)">5</a>', page)[1].replace("&amp;", "&")
    assert set(re.findall(r"ER-\d{4}-\d{4}", coordinator.see(address).text)) == begun
    tiles = re.findall(r'<a href="([^"]+)"><b [^>]*>(\d+)</b>([^<]+)</a>', page)
    assert [(number, label) for _url, number, label in tiles] == [
        ("0", "Late"),
        ("5", "To do"),
        ("0", "With others"),
        ("0", "Drafts"),
    ]
    for url, number, _label in tiles:
        shown = coordinator.see(url).text.partition("<main")[2]
        assert len(set(re.findall(r"ER-\d{4}-\d{4}", shown))) == int(number), url


def test_a_plain_step_is_taken_from_the_list_once(app, visit, sent):
    reference, coordinator = sent(), visit("coordinator")
    url, hidden = quick(coordinator, reference)
    before = events(app)
    for _ in range(2):
        answer = coordinator.client.post(url, data=hidden)
        assert answer.status_code == 303 and answer.location == "/"
    assert events(app) == before + 1
    page = coordinator.see("/").text
    assert f"{reference}: Request registered" in page and f"/desk/steps/{reference}/confirm_complete" in page


def test_a_refused_step_says_why_above_the_tasks(app, visit, sent, settle):
    reference, coordinator = sent(), visit("coordinator")
    url, hidden = quick(coordinator, reference)
    settle("second", "coordinator")
    assert visit("second").take(reference, "register").status_code == 303
    before = events(app)
    answer = coordinator.client.post(url, data=hidden)
    assert answer.status_code == 409 and events(app) == before
    assert f'<a href="/cases/{reference}">{reference}: ' in answer.text and "There is a problem" in answer.text


def test_a_step_that_asks_more_is_never_taken_from_the_list(app, visit, sent):
    reference, coordinator = sent(), visit("coordinator")
    _url, hidden = quick(coordinator, reference)
    for step in ("withdraw", "cancel", "offer_assignment", "approve_terms"):
        before = events(app)
        answer = coordinator.client.post(f"/desk/steps/{reference}/{step}", data=hidden)
        assert answer.status_code == 303 and answer.location == f"/cases/{reference}/steps/{step}"
        assert events(app) == before
    assert coordinator.client.post(f"/desk/steps/{reference}/fly", data=hidden).status_code == 404
    assert visit("neighbour").client.post(f"/desk/steps/{reference}/register", data=hidden).status_code in {403, 404}


def test_a_step_with_questions_is_a_link_to_its_page(visit, sent):
    reference, coordinator = sent(), visit("coordinator")
    for _ in range(2):
        url, hidden = quick(coordinator, reference)
        coordinator.client.post(url, data=hidden)
    page = coordinator.see("/").text  # its analysis lacks fields: nothing leads on yet
    assert f"/desk/steps/{reference}" not in page and f"/cases/{reference}/steps/" not in page


def test_who_has_nothing_to_do_reads_why_and_what_next(visit, sent, settle):
    settle("boss", "manager")
    boss = visit("boss").see("/").text
    assert "No tasks" in boss and "Nothing has reached you yet" in boss
    reference = sent()
    boss = visit("boss").see("/").text
    assert "What waits on whom" in boss and "Nothing needs your decision today" in boss
    row = boss.partition('id="loads"')[2]
    assert f'href="/cases/{reference}"' in row and "/cases?owner=coordinator&amp;show=open" in row
    listed = visit("boss").see("/cases?owner=coordinator&show=open").text
    assert reference in listed and "1 case" in listed
    requester = visit("requester").see("/").text
    assert "Nothing needs your action today" in requester and "What waits on whom" not in requester


def test_the_tabs_count_what_they_show(visit, sent):
    reference, coordinator = sent(), visit("coordinator")
    page = coordinator.see("/").text
    assert re.findall(r'aria-current="true">([^<]+) <span class="count">(\d+)', page) == [("All", "1")]
    assert re.findall(r">(Mine|Unassigned) <span class=\"count\">(\d+)", page) == [("Mine", "0"), ("Unassigned", "1")]
    assert reference in coordinator.see("/?hands=nobody").text
    empty = coordinator.see("/?hands=mine").text
    assert "Other tasks stand under" in empty and reference not in empty


ANALYSIS = {"causes.0.cause": "Old landfill", "objectives": "30 %", "expert_days": "40", "required_outputs": "A study"}
ANALYSIS |= {"terms_of_reference": "Background", "budget.amount": "26 600 000", "budget.currency": "EUR"}


class Reader:
    """Counts the pages that a person loads: each document, and the one to which a form leads."""

    def __init__(self, visitor):
        self.visitor, self.loads, self.page = visitor, 0, ""

    def see(self, url):
        self.loads += 1
        answer = self.visitor.see(url)
        assert answer.status_code == 200, url
        self.page = answer.text

    def send(self, part, **data):
        """Send the form on the page whose text has `part`, and follow its answer."""
        form = next(each for each in self.page.split("<form") if part in each.partition("</form")[0])
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form.partition("</form")[0]))
        url = re.search(r'action="([^"]+)"', form)
        answer = self.visitor.client.post(url[1] if url else self.url, data={**hidden, **data})
        assert answer.status_code == 303, answer.text
        self.see(answer.location)

    def open(self, part):
        """Follow the link on the page whose address ends so."""
        self.url = re.search(rf'href="([^"]*{part})"', self.page)[1]
        self.see(self.url)


STEPS = {
    "register": {},
    "confirm_complete": {},
    "finish_analysis": {},
    "find_eligible": {"eligible_reason": "It is."},
    "start_terms": {},
    "send_for_endorsement": {},
}


def test_six_steps_of_a_coordinator_take_seven_loads(visit, sent, settle):
    """By the pages of the case they take eighteen: the case, the step, and the case again for each."""
    loads = {}
    settle("second", "coordinator")
    for way, name in (("case", "coordinator"), ("tasks", "second")):
        reference, reader = sent(title=f"By {way}"), Reader(visit(name))
        prepare = visit("coordinator")
        if way == "tasks":
            reader.see("/")
        for step, data in STEPS.items():
            if step == "finish_analysis":
                assert prepare.send(f"/cases/{reference}/edit", ANALYSIS).status_code == 303
                if way == "tasks":  # what the analysis says was written elsewhere meanwhile
                    reader.page = reader.visitor.see("/").text
            if way == "case":
                reader.see(f"/cases/{reference}")
                reader.see(f"/cases/{reference}/steps/{step}")
                reader.url = f"/cases/{reference}/steps/{step}"
                reader.send('id="typed"', **data)
            else:
                reader.send(f"/desk/steps/{reference}/{step}", **data)
        assert reference in visit("requester").see("/").text
        loads[way] = reader.loads
    assert loads == {"case": 18, "tasks": 7}


def test_an_answer_in_the_row_that_is_refused_stays_on_the_page_of_the_step(app, visit, sent):
    reference, coordinator = sent(), visit("coordinator")
    for step in ("register", "confirm_complete"):
        assert coordinator.take(reference, step).status_code == 303
    assert coordinator.send(f"/cases/{reference}/edit", ANALYSIS).status_code == 303
    assert coordinator.take(reference, "finish_analysis").status_code == 303
    url, hidden = quick(coordinator, reference)
    assert url.endswith("/find_eligible") and 'name="eligible_reason"' in coordinator.see("/").text
    before, words = events(app), "A reason with \u202e in it"
    answer = coordinator.client.post(url, data={**hidden, "eligible_reason": words})
    assert answer.status_code == 422 and "A reason with" in answer.text and events(app) == before
    answer = coordinator.client.post(url, data={**hidden, "eligible_reason": "It is."})
    assert answer.status_code == 303 and events(app) == before + 1
