"""Filing, editing, taking steps, commenting and reading: through the pages, without JavaScript."""

from __future__ import annotations

import gzip
import io
import re

import pytest
from sqlalchemy import func, select, update

from expertise.audit.model import Event
from expertise.calendars.model import CalendarYear
from expertise.cases.model import Case
from expertise.reports import worklists
from expertise.web.page_frame import STATIC

HEAVIEST = 8 * 1024  # bytes of a later page, packed
FIRST_VIEW = 45 * 1024  # bytes of everything a first visit loads
REQUEST = {
    "title": "Waste sorting in Kyzylorda",
    "region": "KZ-43",
    "requesting_unit": "Department of utilities",
    "contact_person": "Head of unit",
    "contact_email": "unit@example.kz",
    "topic": "waste",
    "problem": "The landfill is full.",
    "priority": "Development plan, indicator 14",
    "help_wanted": "study",
    "expected_result": "Terms of reference for a feasibility study",
    "consent": "yes",
}


def events(app):
    with app.extensions["komek"].transactions.read() as session:
        return session.scalar(select(func.count()).select_from(Event))


def test_a_request_is_filed_step_by_step(visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    assert requester.take(reference, "submit").status_code == 303
    page = visit("coordinator").see(f"/cases/{reference}").text
    assert "Waste sorting in Kyzylorda" in page and ">Register<" in page
    assert "Submitted" in requester.see(f"/cases/{reference}").text


def test_an_incomplete_draft_is_kept_and_its_checklist_leads_to_the_fields(visit):
    requester = visit("requester")
    reference = requester.begin({"title": "Only a title"})
    page = requester.see(f"/cases/{reference}").text
    assert f'<a href="/cases/{reference}/edit#f-region">Fill in “Oblast or city”</a>' in page
    answer = requester.send(f"/cases/{reference}/steps/submit", {"_seen": "1", "_key": "k"}, page=f"/cases/{reference}")
    assert answer.status_code == 422 and "Fill in “Topic”" in answer.text


def test_a_wrong_value_comes_back_with_everything_that_was_typed(visit):
    requester = visit("requester")
    answer = requester.send(
        "/cases/new/expertise_request", {**REQUEST, "latest_date": "31.02.2027", "contact_email": "no address"}
    )
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert '<a href="#f-latest_date">Latest useful date: There is no such day in the calendar.</a>' in answer.text
    for text in ('value="31.02.2027"', 'value="no address"', 'value="Waste sorting in Kyzylorda"'):
        assert text in answer.text
    assert 'aria-invalid="true"' in answer.text and 'id="f-contact_email-wrong"' in answer.text


def test_a_form_that_saves_itself_opens_one_draft_and_goes_on_with_it(app, visit):
    requester = visit("requester")
    first = requester.send("/cases/new/expertise_request", {"title": "First words"}, json=True).json
    assert first["url"].endswith("/edit") and first["seen"] == 1 and first["message"].startswith("Saved at ")
    more = {"title": "First words and more", "_seen": first["seen"], "_key": first["key"]}
    second = requester.send(first["url"], more, json=True).json
    assert second["seen"] == 2 and second["key"] != first["key"]
    refused = requester.send(first["url"], {**more, "_seen": 2, "_key": "z", "contact_email": "x"}, json=True)
    assert refused.status_code == 422 and "E-mail address: This is not an e-mail address." in refused.json["message"]
    assert events(app) == 2


def test_the_same_form_sent_twice_happens_once(app, visit):
    requester = visit("requester")
    hidden = requester.hidden("/cases/new/expertise_request")
    for _ in range(2):
        answer = requester.client.post("/cases/new/expertise_request", data={**hidden, **REQUEST})
        assert answer.status_code == 303
    assert events(app) == 1


def test_an_old_page_never_overwrites_and_keeps_what_was_typed(visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    url = f"/cases/{reference}/edit"
    old = requester.hidden(url)
    assert requester.send(url, {"title": "Second window"}).status_code == 303
    answer = requester.client.post(url, data={**old, "title": "First window"})
    assert answer.status_code == 409
    assert 'value="First window"' in answer.text and "You have changed this case yourself" in answer.text
    assert "Second window" in requester.see(f"/cases/{reference}").text


def test_what_was_typed_is_shown_when_the_case_has_gone_on(visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    url = f"/cases/{reference}/edit"
    old = requester.hidden(url)
    requester.take(reference, "submit")
    answer = requester.client.post(url, data={**old, "why_now": "Talks begin soon"})
    assert answer.status_code == 409 and "Talks begin soon" in answer.text
    assert requester.see(url).status_code == 403


def test_a_grave_step_wants_a_yes_or_a_no(app, visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    page = requester.see(f"/cases/{reference}/steps/discard").text
    assert not re.search(r'type="radio"[^>]*checked', page)
    answer = requester.take(reference, "discard")
    assert answer.status_code == 422 and "Confirm your decision: choose yes or no." in answer.text
    assert requester.take(reference, "discard", {"_sure": "no"}).status_code == 303
    assert events(app) == 1
    assert requester.take(reference, "discard", {"_sure": "yes"}).status_code == 303
    assert "Withdrawn" in requester.see(f"/cases/{reference}").text


def test_the_page_of_a_step_says_what_will_happen(visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    page = requester.see(f"/cases/{reference}/steps/submit").text
    for words in ("What will happen", "Submitted", "2 working days", "coordinator: Coordinator"):
        assert words in page


def test_a_step_of_somebody_else_is_refused_in_words(visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    requester.take(reference, "submit")
    answer = requester.see(f"/cases/{reference}/steps/register")
    assert answer.status_code == 403 and "Role: coordinator" in answer.text
    answer = requester.see(f"/cases/{reference}/steps/submit")
    assert answer.status_code == 409 and "State of the case: Submitted" in answer.text
    sent = {"_seen": "2", "_key": "k"}
    assert requester.send(f"/cases/{reference}/steps/register", sent, page=f"/cases/{reference}").status_code == 403
    assert requester.see(f"/cases/{reference}/steps/fly").status_code == 404


@pytest.mark.parametrize("tail", ["", "/edit", "/steps/submit", "/diagram.svg"])
def test_what_one_may_not_see_is_not_there(visit, tail):
    reference = visit("requester").begin(REQUEST)
    neighbour = visit("neighbour")
    hidden, missing = (neighbour.see(f"/cases/{name}{tail}") for name in (reference, "ER-2026-9999"))
    assert hidden.status_code == missing.status_code == 404
    plain = [re.sub(r'value="[^"]*"', "", answer.text) for answer in (hidden, missing)]
    assert plain[0] == plain[1]


def test_a_comment_is_kept_and_an_empty_one_is_not(app, visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    url = f"/cases/{reference}/comments"
    answer = requester.send(url, {"comment": "First line\nsecond"}, page=f"/cases/{reference}/messages")
    assert answer.status_code == 303 and answer.location == f"/cases/{reference}/messages#comments"
    assert "First line\nsecond" in requester.see(f"/cases/{reference}/messages").text
    answer = requester.send(url, {"comment": " "}, page=f"/cases/{reference}/messages")
    assert answer.status_code == 422 and "<title>Error:" in answer.text
    assert events(app) == 2


def test_hostile_words_are_shown_as_words(visit):
    requester = visit("requester")
    reference = requester.begin({**REQUEST, "title": "<script>alert(1)</script>"})
    for url in ("/", "/cases", f"/cases/{reference}", f"/cases/{reference}/edit"):
        page = requester.see(url).text
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_the_list_is_narrowed_by_its_filters(visit):
    requester = visit("requester")
    first, second = requester.begin(REQUEST), requester.begin({"title": "Drinking water", "topic": "water_supply"})
    assert requester.take(first, "submit").status_code == 303
    for query, found in (
        ("query=waste", {first}),
        ("query=drink", {second}),
        ("topic=waste&region=KZ-43", {first}),
        ("state=draft", {second}),
        ("show=open", {first, second}),
        ("show=late", set()),
        ("workflow=expert_offer", set()),
        ("state=nonsense&after=nonsense&query=%00%F0%9F", set()),
    ):
        answer = requester.see(f"/cases?{query}")
        assert answer.status_code == 200
        assert set(re.findall(r"ER-\d{4}-\d{4}", answer.text)) == found, query


def test_a_long_list_goes_on_over_the_page(visit, monkeypatch):
    monkeypatch.setattr(worklists.listing, "__defaults__", (None, 2, None))
    requester = visit("requester")
    begun = [requester.begin({"title": f"Number {number}"}) for number in range(5)]
    url, seen = "/cases?show=open", []
    for _ in range(3):
        page = requester.see(url).text
        seen += re.findall(r'<td class="num">(ER-[\d-]+)</td>', page)
        onward = re.search(r'href="([^"]+)" rel="next"', page)
        url = onward[1].replace("&amp;", "&") if onward else None
    assert url is None and seen == begun[::-1]


def test_the_public_register_shows_what_its_state_publishes_and_nothing_else(app, visit):
    published, secret = visit("requester").begin(REQUEST), visit("requester").begin(REQUEST)
    with app.extensions["komek"].transactions.write() as session:  # as if it had come so far
        session.execute(update(Case).where(Case.reference == published).values(state="accepted", public=True))
    nobody = visit()
    register = nobody.see("/register?region=KZ-43&topic=waste")
    assert register.status_code == 200 and published in register.text and secret not in register.text
    assert nobody.see(f"/register/{secret}").status_code == 404
    page = nobody.see(f"/register/{published}").text
    assert "The landfill is full." in page and "Kyzylorda Region" in page
    assert "unit@example.kz" not in page and "Head of unit" not in page and "Development plan" not in page


def test_a_picture_of_the_workflow_is_drawn(visit):
    requester = visit("requester")
    answer = requester.see(f"/cases/{requester.begin(REQUEST)}/diagram.svg")
    assert answer.mimetype == "image/svg+xml" and answer.text.startswith("<svg")


def test_pages_are_light(visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    first = requester.see("/sign-in")
    files = ("komek.css", "komek.js", "komek.svg")
    weight = len(gzip.compress(first.data)) + sum(len(gzip.compress((STATIC / name).read_bytes())) for name in files)
    weight += sum(path.stat().st_size for path in (STATIC / "fonts").glob("*.woff2"))
    assert weight < FIRST_VIEW
    for url in ("/", "/cases", f"/cases/{reference}", f"/cases/{reference}/edit", f"/cases/{reference}/steps/submit"):
        assert len(gzip.compress(requester.see(url).data)) < HEAVIEST, url


def deliverable(visit):
    """A deliverable that the expert owes, reached through every step before it; returns its reference."""
    people = {name: visit(name) for name in ("requester", "coordinator", "approver", "expert")}
    reference = people["requester"].begin(REQUEST)

    def go(name, step, **data):
        answer = people[name].take(reference, step, data)
        assert answer.status_code == 303, (step, answer.text)

    go("requester", "submit")
    go("coordinator", "register")
    go("coordinator", "confirm_complete")
    stage_b = {"causes.0.cause": "Old landfill", "objectives": "30 %", "expert_days": "40"}
    stage_b |= {"required_outputs": "A study", "terms_of_reference": "Background", "budget.amount": "26 600 000"}
    answer = people["coordinator"].send(f"/cases/{reference}/edit", {**stage_b, "budget.currency": "EUR"})
    assert answer.status_code == 303, answer.text
    go("coordinator", "finish_analysis")
    go("coordinator", "find_eligible", eligible_reason="It is.")
    go("coordinator", "start_terms")
    go("coordinator", "send_for_endorsement")
    go("requester", "endorse")
    go("approver", "approve_terms")
    page = people["coordinator"].see(f"/cases/{reference}/steps/offer_assignment").text
    go("coordinator", "offer_assignment", expert=re.search(r'type="radio"[^>]*value="(p[0-9a-f]{20})"', page)[1])
    offer = re.search(r"EO-\d{4}-\d{4}", people["expert"].see("/").text)[0]
    assert people["expert"].take(offer, "accept", {"no_conflict": "yes"}).status_code == 303
    go("coordinator", "start_delivery", deliverable_kind="final_report")
    return re.search(r"DL-\d{4}-\d{4}", people["expert"].see("/").text)[0]


def test_a_report_goes_in_and_comes_out_as_an_attachment(visit):
    reference = deliverable(visit)
    expert, requester = visit("expert"), visit("requester")
    refused = expert.take(reference, "submit", {"comment": "Here it is", "report": (io.BytesIO(b"MZ"), "report.pdf")})
    assert refused.status_code == 422 and "Here it is" in refused.text and "File: " in refused.text
    answer = expert.take(reference, "submit", {"report": (io.BytesIO("Есеп".encode()), "Қорытынды есеп.txt")})
    assert answer.status_code == 303, answer.text
    page = requester.see(f"/cases/{reference}").text
    address = re.search(r"/files/f[0-9a-f]{24}", page)[0]
    assert "Қорытынды есеп.txt" in page
    answer = requester.see(address)
    assert answer.data.decode() == "Есеп"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert visit("neighbour").see(address).status_code == 404


def test_an_offer_is_sealed_to_the_oblast(visit):
    deliverable(visit)
    requester = visit("requester")
    assert requester.see("/cases/EO-2026-0001").status_code == requester.see("/cases/EO-2099-0001").status_code == 404
    assert "EO-" not in requester.see("/cases?workflow=expert_offer").text


def test_a_page_that_one_has_overtaken_oneself_names_nobody_else(visit):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    old = requester.hidden(f"/cases/{reference}/edit")
    assert requester.send(f"/cases/{reference}/edit", {"title": "First window"}).status_code == 303
    answer = requester.send(f"/cases/{reference}/edit", {"title": "Second window"}, **old)
    assert answer.status_code == 409 and "in another window" in answer.text and "Somebody else" not in answer.text


PLAN = {
    f"financing_plan.{row}.amount.amount": amount for row, amount in enumerate(["100", "много", "12345678901234567"])
}
PLAN |= {f"financing_plan.{row}.amount.currency": "KZT" for row in range(3)}


def test_a_wrong_cell_is_marked_alone_and_a_sum_that_is_too_large_says_so(visit):
    answer = visit("coordinator").send("/cases/new/loan_referral", {"title": "Plan", **PLAN})
    assert answer.status_code == 422
    cells = re.findall(r'<input id="f-financing_plan-(\d)-amount-amount"[^>]*>', answer.text)
    wrong = re.findall(r'<input id="f-financing_plan-(\d)-amount-amount"[^>]*aria-invalid', answer.text)
    assert len(cells) >= 6 and wrong == ["1", "2"]
    assert len(re.findall(r'<td [^>]*class="bad"', answer.text)) == 2
    assert "Write the amount with digits" in answer.text and "9,999,999,999,999" in answer.text


def test_rows_that_a_form_has_not_shown_yet_are_given_back(visit):
    coordinator = visit("coordinator")
    rows = {f"financing_plan.{row}.source": f"Source {row}" for row in range(7)}
    sent = {"title": "Plan", "contact_email": "no address", **rows, **PLAN}
    assert coordinator.send("/cases/new/loan_referral", sent).status_code == 422
    page = coordinator.see("/cases/new/loan_referral").text
    assert all(f'value="Source {row}"' in page for row in range(7)) and "Copy it" not in page


@pytest.mark.parametrize(("role", "warned"), [("requester", False), ("coordinator", False), ("admin", True)])
def test_unconfirmed_years_are_shown_to_who_can_confirm_them(app, visit, settle, role, warned):
    settle("admin", "administrator")
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    requester.take(reference, "submit")
    with app.extensions["komek"].transactions.write() as session:
        session.execute(update(CalendarYear).values(confirmed=False))
    page = visit(role).see(f"/cases/{reference}").text
    warning = re.search(r'<p class="note">[^<]*are not confirmed yet', page)
    assert (warning is not None) is warned and "are not confirmed yet" in page
