"""Two windows on one case: only what differs from what a form had shown is written."""

from __future__ import annotations

from html import unescape

import pytest

from expertise.cases.model import Case
from expertise.web.kit.forms import new_key
from tests.expertise.web.cases.test_cases import REQUEST
from tests.support.html_forms import forms


@pytest.fixture
def stored(look):
    """The fields of the newest case, as the database has them."""
    return lambda: look(Case)[-1].fields


@pytest.fixture
def tabs(visit):
    """Two windows on the form of a draft."""
    one = visit("requester")
    reference = one.begin({**REQUEST, "why_now": "First"})
    other = visit("requester")
    return Window(one, reference), Window(other, reference)


class Window:
    """The form of a case in a window of its own."""

    def __init__(self, visitor, reference):
        self.visitor, self.reference, self.url = visitor, reference, f"/cases/{reference}/edit"
        self.open(self.visitor.see(self.url).text)

    def open(self, html):
        self.html = unescape(html)
        [self.form] = [form for form in forms(html) if form.id == "typed"]

    def type(self, **values):
        for name, value in values.items():
            self.form.fill(name, value)
        return self

    def renew(self):
        """Take the key of a page that was loaded anew; the values stay those of the old one."""
        [key] = [control for control in self.form.controls if control.name == "_key"]
        key.value = new_key()
        return self

    def save(self):
        answer = self.visitor.client.post(self.url, data=self.form.data(), buffered=True)
        if answer.status_code != 303:
            self.open(answer.text)
        return answer

    def autosave(self):
        sent = self.form.data(files=False)
        answer = self.visitor.client.post(self.url, data=sent, headers={"Accept": "application/json"})
        said = answer.json
        for name in ("_key", "_seen", "_shown", "_page"):
            for control in self.form.controls:
                if control.name == name and said.get(name.strip("_")):
                    control.value = str(said[name.strip("_")])
        return answer

    def value(self, name):
        return self.form.of(name)[0].value


def test_what_another_window_saved_survives_a_save_of_other_fields(tabs, stored):
    one, other = tabs
    assert one.type(why_now="Talks begin", contact_phone="+7 7242 11 22 33").save().status_code == 303
    assert other.type(locality="Aral").save().status_code == 303
    assert [stored()[name] for name in ("why_now", "locality", "contact_phone")] == [
        "Talks begin",
        "Aral",
        "+7 7242 11 22 33",
    ]


def test_the_same_field_twice_shows_both_values_and_the_second_save_decides(tabs, stored):
    one, other = tabs
    one.type(why_now="Talks begin", locality="Aral").save()
    answer = other.type(why_now="The dam leaks").save()
    assert answer.status_code == 409
    assert "“Why now” was changed in two places" in other.html and "Talks begin" in other.html
    assert (other.value("why_now"), other.value("locality")) == ("The dam leaks", "Aral")
    assert stored()["why_now"] == "Talks begin"
    assert other.save().status_code == 303
    assert [stored()[name] for name in ("why_now", "locality")] == ["The dam leaks", "Aral"]


def test_after_a_stale_answer_the_second_save_writes_only_what_was_changed(tabs, stored):
    """The fault of old: the second save emptied what somebody else had filled in meanwhile."""
    one, other = tabs
    one.type(why_now="Talks begin").save()
    other.type(why_now="Mine", own_contribution="Two people").save()
    one.renew().type(tried_before="A study of 2019").save()
    assert other.save().status_code == 303
    assert stored()["tried_before"] == "A study of 2019"
    assert stored()["own_contribution"] == "Two people"


def test_a_wrong_value_elsewhere_does_not_hide_that_somebody_was_faster(tabs, stored):
    one, other = tabs
    one.type(why_now="Talks begin").save()
    assert other.type(why_now="Mine", latest_date="31.02.2027").save().status_code == 422
    assert "Talks begin" in other.html and other.value("why_now") == "Mine"
    other.type(latest_date="28.02.2027")
    assert other.save().status_code == 303


def test_autosave_writes_only_what_was_changed(tabs, stored):
    one, other = tabs
    assert one.type(why_now="Talks begin").autosave().status_code == 200
    assert other.type(locality="Aral").autosave().status_code == 200
    assert one.type(tried_before="A study").autosave().status_code == 200
    assert [stored()[name] for name in ("why_now", "locality", "tried_before")] == [
        "Talks begin",
        "Aral",
        "A study",
    ]
    assert other.type(locality="Aral, Kazaly").autosave().status_code == 200  # its own earlier save is no stranger's


def test_one_wrong_field_and_one_taken_field_stop_no_other(tabs, stored):
    one, other = tabs
    one.type(why_now="Talks begin").autosave()
    answer = other.type(why_now="Mine", latest_date="31.02.2027", locality="Aral").autosave()
    assert answer.status_code == 422
    message = answer.json["message"]
    assert message.startswith("Saved at ") and "Not saved:" in message
    assert "Latest useful date: There is no such day in the calendar." in message and "“Why now”" in message
    assert stored()["locality"] == "Aral"
    assert stored()["why_now"] == "Talks begin"
    assert other.type(locality="Kazaly").autosave().status_code == 422
    assert other.save().status_code == 422 and "Talks begin" in other.html  # the button shows both


def test_a_new_case_with_a_wrong_date_is_saved_without_it(visit):
    requester = visit("requester")
    answer = requester.send("/cases/new/expertise_request", {"title": "T", "desired_start": "soon"}, json=True)
    assert answer.status_code == 422 and "Desired start: Write the date" in answer.json["message"]
    assert answer.json["url"].endswith("/edit") and answer.json["message"].startswith("Saved at ")
    assert "T" in requester.see(answer.json["url"]).text


def test_a_step_refused_as_stale_keeps_what_was_filled_in_meanwhile(visit):
    requester, coordinator = visit("requester"), visit("coordinator")
    reference = requester.begin(REQUEST)
    requester.take(reference, "submit")
    for step in ("register", "confirm_complete"):
        assert coordinator.take(reference, step).status_code == 303
    edit = Window(coordinator, reference)
    edit.type(objectives="Less waste", **{"causes.0.cause": "A"}).save()
    assert coordinator.take(reference, "finish_analysis").status_code == 303
    old = coordinator.see(f"/cases/{reference}/steps/find_eligible").text
    Window(coordinator, reference).type(eligible_reason="Meets the criteria").save()
    [form] = [form for form in forms(old) if form.id == "typed"]
    url = f"/cases/{reference}/steps/find_eligible"
    answer = coordinator.client.post(url, data=form.data(), buffered=True)
    assert answer.status_code == 409
    [form] = [form for form in forms(answer.text) if form.id == "typed"]
    assert form.of("eligible_reason")[0].value == "Meets the criteria"


CAUSE = {"causes.0.cause": "Pipes", "causes.1.cause": "Pumps", "causes.2.cause": "Tariffs"}


@pytest.fixture
def tables(visit):
    """Two windows on the form of a registered request whose table has three rows."""
    requester, coordinator = visit("requester"), visit("coordinator")
    reference = requester.begin(REQUEST)
    requester.take(reference, "submit")
    coordinator.take(reference, "register")
    assert Window(coordinator, reference).type(**CAUSE).save().status_code == 303
    return Window(coordinator, reference), Window(visit("coordinator"), reference)


def causes(stored):
    return [row["cause"] for row in stored()["causes"]]


def test_two_windows_change_two_rows_of_a_table(tables, stored):
    one, other = tables
    assert one.type(**{"causes.0.cause": "Old pipes", "causes.3.cause": "Leaks"}).save().status_code == 303
    assert other.type(**{"causes.2.cause": "Low tariffs", "causes.3.cause": "Theft"}).save().status_code == 303
    assert causes(stored) == ["Old pipes", "Pumps", "Low tariffs", "Theft", "Leaks"]


def test_the_same_cell_shows_both_values_and_loses_none(tables, stored):
    one, other = tables
    one.type(**{"causes.0.cause": "Old pipes"}).save()
    answer = other.type(**{"causes.0.cause": "Rusty pipes", "findings": "Aral"}).save()
    assert answer.status_code == 409
    assert other.value("causes.0.cause") == "Rusty pipes" and other.value("findings") == "Aral"
    assert "Old pipes" in other.html and causes(stored)[0] == "Old pipes"
    assert other.save().status_code == 303  # whoever has seen both decides
    assert causes(stored) == ["Rusty pipes", "Pumps", "Tariffs"] and stored()["findings"] == "Aral"


def test_a_form_refused_for_another_field_shows_the_rows_of_both(tables, stored):
    one, other = tables
    one.type(**{"causes.0.cause": "Old pipes"}).save()
    answer = other.type(**{"causes.1.cause": "Old pumps", "expert_days": "some"}).save()
    assert answer.status_code == 422
    assert [other.value(f"causes.{row}.cause") for row in range(3)] == ["Old pipes", "Old pumps", "Tariffs"]
    assert other.type(expert_days="12").save().status_code == 303
    assert causes(stored) == ["Old pipes", "Old pumps", "Tariffs"]


def test_two_windows_that_save_themselves_keep_both_rows(tables, stored):
    one, other = tables
    for turn in range(3):
        assert one.type(**{"causes.0.cause": f"Pipes {turn}"}).autosave().status_code == 200
        assert other.type(**{"causes.1.cause": f"Pumps {turn}"}).autosave().status_code == 200
    assert causes(stored) == ["Pipes 2", "Pumps 2", "Tariffs"]


def test_a_control_that_komek_never_wrote_merges_nothing(tables, stored):
    one, other = tables
    one.type(**{"causes.0.cause": "Old pipes"}).save()
    [control] = [control for control in other.form.controls if control.name == "_shown"]
    head, _, _rows = control.value.partition("causes=")
    control.value = f"{head}causes=0123456789,{'0' * 10}"
    assert other.type(**{"causes.1.cause": "Old pumps"}).save().status_code == 409
    assert causes(stored) == ["Old pipes", "Pumps", "Tariffs"]
