"""The form of a case: sections, what is known, rows by a button, answers to check, files to be chosen again."""

from __future__ import annotations

import io
from html import unescape

from expertise.cases.model import Case
from tests.expertise.web.cases.test_cases import REQUEST
from tests.support.html_forms import forms


def form_in(html):
    [found] = [form for form in forms(html) if form.id == "typed"]
    return found


def test_the_form_has_the_sections_of_the_definition_with_their_help(visit):
    page = unescape(visit("requester").see("/cases/new/expertise_request").text)
    for words in (
        "1. Problem",
        "2. Expected result",
        "3. Requester",
        "Describe the situation rather than the solution",
    ):
        assert words in page
    assert "For example: Waste sorting in Kyzylorda" in page and "At most 160 characters" in page
    assert "Completeness check – coordinator – 5 working days" in page
    assert "maxlength" not in page.partition('id="typed"')[2].partition("</form>")[0]


def test_what_is_known_is_filled_in_for_a_requester_and_for_nobody_else(visit):
    requester = visit("requester")
    form = form_in(requester.see("/cases/new/expertise_request").text)
    values = {each.name: each.value for each in form.controls}
    assert (values["contact_person"], values["contact_email"], values["region"]) == (
        "Requester",
        "requester@example.kz",
        "KZ-43",
    )
    assert values["requesting_unit"] and not values["contact_phone"]
    requester.begin({**REQUEST, "contact_phone": "+7 7242 11 22 33"})
    form = form_in(requester.see("/cases/new/expertise_request").text)
    assert form.of("contact_phone")[0].value == "+7 7242 11 22 33"
    form = form_in(visit("coordinator").see("/cases/new/expertise_request").text)
    assert not form.of("contact_person")[0].value and not form.of("contact_email")[0].value


def test_a_row_is_added_and_removed_without_a_script_and_nothing_is_stored_or_lost(visit, look):
    coordinator, url = visit("coordinator"), "/cases/new/loan_referral"
    sent = {"title": "Plan", **{f"financing_plan.{row}.source": f"S{row}" for row in range(4)}}
    added = coordinator.send(url, {**sent, "_add": "financing_plan"})
    assert added.status_code == 200
    form = form_in(added.text)
    assert form.of("title")[0].value == "Plan" and form.of("financing_plan.4.source")
    removed = form_in(coordinator.send(url, {**sent, "_remove": "financing_plan.1"}).text)
    assert [removed.of(f"financing_plan.{row}.source")[0].value for row in range(4)] == ["S0", "S2", "S3", ""]
    for wrong in ({"_remove": "financing_plan.99"}, {"_remove": "title.0"}, {"_add": "nothing"}, {"_remove": "."}):
        assert coordinator.send(url, {**sent, **wrong}).status_code == 200
    assert look(Case) == []
    reference = coordinator.send(url, sent).location.rpartition("/")[2]
    again = coordinator.send(f"/cases/{reference}/edit", {**sent, "_add": "financing_plan"})
    assert again.status_code == 200 and len(look(Case)[0].fields["financing_plan"]) == 4


def test_the_answers_are_checked_before_a_request_is_sent(visit):
    requester = visit("requester")
    form = {**REQUEST, "priority": "", "_then": "submit"}
    answer = requester.send("/cases/new/expertise_request", form)
    assert answer.status_code == 303 and answer.location.endswith("/steps/submit")
    page = unescape(requester.see(answer.location).text)
    assert "Check your answers" in page and "What will happen" in page
    assert "Not filled in yet" in page and "/edit#f-priority" in page and "The landfill is full." in page
    edit = answer.location.replace("/steps/submit", "/edit")
    answer = requester.send(edit, {"priority": "Plan", "consent": "yes", "_then": "submit"})
    assert "Not filled in yet" not in requester.see(answer.location).text
    assert requester.send(answer.location, {}).status_code == 303
    assert requester.send(edit, {"_then": "no_such_step"}, page="/cases/new/expertise_request").status_code in (
        403,
        409,
        422,
    )


def test_a_text_beyond_its_limit_is_kept_and_says_how_far(visit):
    requester = visit("requester")
    answer = requester.send("/cases/new/expertise_request", {"title": "x" * 170})
    assert answer.status_code == 422 and "Characters too many: 10." in answer.text
    assert form_in(answer.text).of("title")[0].value == "x" * 170


def test_a_file_beside_a_wrong_field_is_named_and_has_to_be_chosen_again(visit):
    coordinator = visit("coordinator")
    file = (io.BytesIO(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"), "Есеп.pdf")
    answer = coordinator.send("/cases/new/loan_referral", {"title": "T", "price_date": "soon", "package": file})
    page = unescape(answer.text)
    assert answer.status_code == 422
    assert '<a href="#f-package">Document package: The file “Есеп.pdf” was not kept. Choose it again.</a>' in page
    assert page.count("The file “Есеп.pdf” was not kept. Choose it again.") == 2
