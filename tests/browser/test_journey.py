"""The whole life of the golden case through the pages, by the people it takes, in Kazakh and Russian."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.browser.site import DESK, reference_in
from tests.support.golden import ANALYSIS, STAGE_A

MIXED = {
    "requester": "kk",
    "coordinator": "ru",
    "approver": "ru",
    "expert": "ru",
    "other_expert": "ru",
    "manager": "kk",
}
SWAPPED = {name: {"kk": "ru", "ru": "kk"}[language] for name, language in MIXED.items()}
REQUEST = {**STAGE_A, "desired_start": "01.04.2026", "latest_date": "01.12.2026"}
TABLE = {
    f"causes.{row}.{column}": text for row, cause in enumerate(ANALYSIS["causes"]) for column, text in cause.items()
}
TEAM_FIELDS = {
    **{name: value for name, value in ANALYSIS.items() if name not in ("causes", "budget")},
    **TABLE,
    "budget.amount": "180 000",
    "budget.currency": "EUR",
}


class Life:
    """The people of one case, each at their own browser; between two acts a minute passes and letters arrive."""

    def __init__(self, site, time, come) -> None:
        self.site, self.time, self.come, self.people, self.case = site, time, come, {}, ""

    def __getitem__(self, name):
        if name not in self.people:
            self.people[name] = self.come(name)
        return self.people[name]

    def act(self, name, step, case=None, **answers):
        """From one's newest letter, where there is one, to the case, and on with the step."""
        case = case or self.case
        self.time.move(timedelta(minutes=1))
        person = self[name]
        person.take(case, step, **answers)
        self.site.carry()
        return person

    def reads(self, name, about=None):
        """The newest letter of this person must be about that case, in their language; its link leads there."""
        self[name].read(about or self.case)

    def fills(self, name, **values):
        person = self[name]
        person.see(f"/cases/{self.case}")
        person.page.click(f"a.button[href='/cases/{self.case}/edit']")
        person.fill(values)
        person.send()
        person.page.wait_for_url(f"{self.site.url}/cases/{self.case}")

    def sign_in_again(self):
        """After a month every session is over."""
        for person in self.people.values():
            person.sign_in()


@pytest.fixture
def life(site, time, visit):
    return Life(site, time, visit)


def a_request_is_filed(life):
    requester = life["requester"]
    requester.page.click(".head a.button")
    requester.page.click("a.button[href='/cases/new/expertise_request']")
    requester.fill({**REQUEST, "contact_phone": ""})
    requester.send()
    requester.page.wait_for_url("**/cases/ER-*")
    life.case = reference_in(requester.page.url)
    life.act("requester", "submit")
    life.reads("requester")


def it_comes_back_for_completion(life):
    life.reads("coordinator")
    life.act("coordinator", "register")
    life.act("coordinator", "return_for_completion", comment="Укажите телефон.")
    life.reads("requester")
    assert "Укажите телефон." in life["requester"].text()
    life.fills("requester", contact_phone=STAGE_A["contact_phone"])
    life.act("requester", "resubmit", comment="Телефон қосылды.")
    life.reads("coordinator")


def terms_are_written_and_endorsed(life):
    life.act("coordinator", "confirm_complete")
    assert life["coordinator"].page.locator(".offer").first.locator(".ticks a").count() == 2
    life.fills("coordinator", **TEAM_FIELDS)
    life.act("coordinator", "finish_analysis")
    life.act("coordinator", "find_eligible", eligible_reason="Приоритет области.")
    life.act("coordinator", "start_terms")
    life.act("coordinator", "send_for_endorsement")
    life.reads("requester")
    life.act("requester", "ask_changes", comment="Суды үнемдеуді қосыңыз.")
    life.fills("coordinator", terms_of_reference=ANALYSIS["terms_of_reference"] + " Экономия воды.")
    life.act("coordinator", "send_for_endorsement")
    life.act("requester", "endorse")


def who_wrote_the_terms_cannot_approve_them(life):
    """The coordinator is an approver as well; the page says why this one is not theirs."""
    coordinator = life["coordinator"]
    coordinator.see(f"/cases/{life.case}")
    assert coordinator.page.locator(f"a[href='/cases/{life.case}/steps/approve_terms']").count() == 0
    four_eyes = {"ru": "четырёх глаз", "kk": "Төрт көз"}[coordinator.language]
    assert four_eyes in coordinator.page.locator(".offer .ticks").first.inner_text()
    coordinator.see(f"/cases/{life.case}/steps/approve_terms")
    assert four_eyes in coordinator.text() and coordinator.page.locator("main form").count() == 0
    life.reads("approver")
    life.act("approver", "approve_terms", comment="Согласен.")


def an_expert_is_found(life):
    life.act("coordinator", "offer_assignment", expert=life.site.env.actor("other_expert").key)
    offer = life["coordinator"].part("EO")
    life.reads("other_expert", offer)
    life.act("other_expert", "decline", offer, comment="Занят до осени.", decline_reason="not_available")
    life.reads("coordinator", offer)
    life.act("coordinator", "offer_assignment", expert=life.site.env.actor("expert").key)
    offer = life["coordinator"].part("EO")
    life["requester"].see(f"/cases/{offer}", 404)  # sealed
    life.reads("expert", offer)
    life.act("expert", "accept", offer, no_conflict=True)
    assert life.site.env.case(life.case).state == "mobilised"


def work_is_delivered(life, pdf):
    life.act("coordinator", "start_delivery", deliverable_kind="final_report")
    part = life["coordinator"].part("DL")
    life.reads("expert", part)
    report = {"name": "Отчёт ТЭО.pdf", "mimeType": "application/pdf", "buffer": pdf}
    life.act("expert", "submit", part, report=report, days_claimed=40)
    life.reads("requester", part)
    with life["requester"].page.expect_download() as coming:
        life["requester"].page.click("a[download]")
    assert coming.value.suggested_filename == "Отчёт ТЭО.pdf"
    assert coming.value.path().read_bytes() == pdf
    life["requester"].see(f"/cases/{life.case}")  # the whole says which of its parts waits for them
    assert life["requester"].page.locator(f"a.button[href='/cases/{part}']").count() == 1
    life.act("requester", "return_for_revision", part, comment="Тариф моделі жоқ.")
    life.reads("expert", part)
    life.act("expert", "resubmit", part, report={**report, "name": "Отчёт ТЭО 2.pdf"}, days_claimed=60)
    life.act("requester", "accept", part)
    life.act("coordinator", "complete_delivery")
    life.reads("requester")
    life.act("requester", "accept_final")


def a_recommendation_is_followed(life):
    wording = {"recommendation_text": "Ввести раздельный сбор.", "recommendation_addressee": "Акимат области"}
    life.act("coordinator", "record_recommendation", **wording)
    part = life["coordinator"].part("RF")
    life.reads("requester", part)
    life.act("requester", "accept_recommendation", part, action_plan="2027 жылдан бастап.")
    life.act("coordinator", "start_follow_up")
    life.time.move(timedelta(days=31))
    life.site.carry()
    life.sign_in_again()
    life.reads("requester", part)
    life.act("requester", "report_implemented", part, evidence="Екі ауданда енгізілді.")


def it_ends_in_the_open(life, citizen):
    life.act("manager", "close", outcome="Пакет финансирования подписан.")
    life.reads("requester")
    citizen.see("/register")
    citizen.page.click(f"a[href='/register/{life.case}']")
    assert "Пакет финансирования подписан." in citizen.text()
    assert STAGE_A["contact_email"] not in citizen.text()


@pytest.fixture
def pdf(browser):
    """A real one, as small as a browser prints it."""
    page = browser.new_page()
    page.set_content("<h1>Отчёт</h1>")
    printed = page.pdf()
    page.close()
    return printed


@pytest.mark.parametrize("languages", [MIXED, SWAPPED], ids=["mixed", "swapped"])
def test_whole_life(site, life, visit, pdf, languages):
    site.speak(languages)
    site.also("coordinator", "approver")
    a_request_is_filed(life)
    it_comes_back_for_completion(life)
    terms_are_written_and_endorsed(life)
    who_wrote_the_terms_cannot_approve_them(life)
    an_expert_is_found(life)
    work_is_delivered(life, pdf)
    a_recommendation_is_followed(life)
    it_ends_in_the_open(life, visit(viewport=DESK))
    the_trail_tells_everything(life)


def the_trail_tells_everything(life):
    env, manager = life.site.env, life["manager"]
    manager.see(f"/cases/{life.case}/print")
    states = env.states(life.case)
    assert states[-1] == "closed" and states.count("returned") == 1 and states.count("terms_of_reference") == 2
    assert manager.page.locator("ol.trail > li:not(.day)").count() == len(env.events(life.case))
    manager.see(f"/cases/{life.case}/parts")
    assert (
        manager.page.locator(".main .table th[scope=row]").count() == 4
    )  # two offers, a deliverable, a recommendation
    assert env.verify().broken == ()
