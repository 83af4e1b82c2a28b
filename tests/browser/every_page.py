"""Every page of Komek with content: who looks at it, and the cases that stand in its address."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from types import SimpleNamespace

from sqlalchemy import func, select

from expertise.base import clock
from expertise.cases import desk
from expertise.cases.actions.correct import CorrectionRequest
from expertise.cases.desk import Upload
from expertise.files import storage
from expertise.mail.dev_catcher import find
from expertise.people.absences import NewAbsence, record
from expertise.people.model import Absence, Person
from tests.support import stages
from tests.support.environment import done
from tests.support.golden import PDF

#: Page → who looks, what they do to get there, the status of the answer.
PAGES = {
    "sign-in": (None, "/sign-in", 200),
    "start of the demonstration": (None, "/demo", 200),
    "desk with work": ("coordinator", "/", 200),
    "desk of a requester": ("requester", "/", 200),
    "desk of an auditor": ("auditor", "/", 200),
    "list": ("coordinator", "/cases", 200),
    "list found": ("coordinator", "/cases?query=қалдық&region=KZ-43&show=open", 200),
    "list not found": ("coordinator", "/cases?query=xyzzy", 200),
    "boards": ("coordinator", "/board", 200),
    "board by phase": ("coordinator", "/board/expertise_request", 200),
    "board by state": ("requester", "/board/expertise_request?by=state", 200),
    "dashboard": ("manager", "/reports", 200),
    "deadlines": ("coordinator", "/deadlines?whose=all", 200),
    "list of a number": ("manager", "/cases?workflow=expertise_request&states=submitted&opened=2026", 200),
    "list with columns and marks": ("coordinator", "/cases?column=amount&column=owner&sort=-due&select=all", 200),
    "saved views": ("coordinator", "/views", 200),
    "step for several": ("coordinator", "/cases/bulk?case={search}&case={terms}&case={delivery}", 200),
    "step for several, previewed": ("coordinator", "/cases/bulk?case={search}&step=declare_no_expert", 200),
    "no task": ("manager", "/", 200),
    "choice of kinds": ("requester", "/cases/new", 200),
    "new request": ("requester", "/cases/new/expertise_request", 200),
    "draft": ("requester", "/cases/{draft}", 200),
    "draft, edited": ("requester", "/cases/{draft}/edit", 200),
    "case in approval": ("approver", "/cases/{approval}", 200),
    "case in delivery": ("coordinator", "/cases/{delivery}", 200),
    "case closed": ("manager", "/cases/{closed}", 200),
    "terms of a case": ("coordinator", "/cases/{delivery}/terms", 200),
    "parts of a case": ("coordinator", "/cases/{delivery}/parts", 200),
    "messages of a case": ("coordinator", "/cases/{delivery}/messages", 200),
    "files of a case": ("expert", "/cases/{deliverable}/files", 200),
    "history of a case": ("coordinator", "/cases/{closed}/history", 200),
    "case on paper": ("coordinator", "/cases/{closed}/print", 200),
    "fields of the team": ("coordinator", "/cases/{terms}/edit", 200),
    "offer": ("expert", "/cases/{offer}", 200),
    "deliverable": ("expert", "/cases/{deliverable}", 200),
    "diagram": ("coordinator", "/cases/{delivery}/diagram.svg", 200),
    "step with a comment": ("approver", "/cases/{approval}/steps/approve_terms", 200),
    "step, grave": ("approver", "/cases/{approval}/steps/refuse_terms", 200),
    "step with a file": ("expert", "/cases/{deliverable}/steps/submit", 200),
    "step with experts": ("coordinator", "/cases/{search}/steps/offer_assignment", 200),
    "step not yet possible": ("requester", "/cases/{empty}/steps/submit", 200),
    "step of others": ("requester", "/cases/{approval}/steps/approve_terms", 403),
    "step of the past": ("requester", "/cases/{approval}/steps/submit", 409),
    "account": ("requester", "/account", 200),
    "password forgotten": (None, "/sign-in/forgotten", 200),
    "link that is over": (None, "/passes/no-such", 404),
    "change of password": ("requester", "/account/password", 200),
    "sign-in with a code": ("requester", "/account/second-factor", 200),
    "people": ("administrator", "/people", 200),
    "people not found": ("administrator", "/people?query=xyzzy", 200),
    "invitation": ("administrator", "/people/new", 200),
    "people from a file": ("administrator", "/people/import", 200),
    "person": ("administrator", "/people/{person}", 200),
    "organisations": ("administrator", "/organisations", 200),
    "new organisation": ("administrator", "/organisations/new", 200),
    "organisation": ("administrator", "/organisations/akimat-kz-43", 200),
    "absences": ("manager", "/absences", 200),
    "absences of everybody": ("administrator", "/absences", 200),
    "rights": ("requester", "/rights", 200),
    "rights in a part": ("requester", "/rights/expert_offer", 200),
    "letters": (None, "/demo/letters", 200),
    "letter": (None, "/demo/letters/{letter}", 200),
    "register": (None, "/register", 200),
    "register entry": (None, "/register/{closed}", 200),
    "not open to you": ("expert", "/cases/new/expertise_request", 403),
    "not there": ("requester", "/cases/ER-2026-9999", 404),
    "kit": (None, "/kit", 200),
    "notifications": ("coordinator", "/notifications", 200),
    "search": ("coordinator", "/search?q=қалдық", 200),
    "search in vain": ("coordinator", "/search?q=xyzzy", 200),
    "list of tasks": ("coordinator", "/desk/waiting", 200),
    "follow-up": ("manager", "/follow-up", 200),
    "assignment": ("coordinator", "/cases/{terms}/holding", 200),
    "extension": ("coordinator", "/cases/{delivery}/extension", 200),
    "correction": ("coordinator", "/cases/{terms}/corrections/{entry}", 200),
    "correction that waits": ("coordinator", "/cases/{offered}/correction", 200),
    "choice of letters": ("requester", "/account/letters", 200),
    "hand-over": ("administrator", "/absences/{absence}/hand-over", 200),
    "changes that wait": ("administrator", "/changes", 200),
    "calendar": ("administrator", "/calendar", 200),
    "processes": ("administrator", "/processes", 200),
    "process that waits": ("administrator", "/processes/study_visit", 200),
    "outgoing mail": ("administrator", "/outbox", 200),
    "outgoing letter": ("administrator", "/outbox/1", 200),
    "incoming mail": ("administrator", "/inbox", 200),
    "import of cases": ("administrator", "/import", 200),
    "texts of letters": ("administrator", "/wordings", 200),
    "text of a letter": ("administrator", "/wordings/request_registered", 200),
    "signed page": ("approver", "/act/{act}", 200),
    "signed step": ("approver", "/act/{act}/approve_terms", 200),
    "link that is used up": (None, "/act/no-such-link", 404),
}


def make_cases(site, time):
    """Cases in several states, made once, and what the addresses of PAGES call them."""
    env = site.env
    found = {"draft": stages.draft(env), "approval": stages.in_approval(env, 1)}
    found["empty"] = done(env.open("requester", "expertise_request", {"title": "Жаңа полигон"})).reference
    found["terms"] = stages.in_approval(env, 2)
    done(env.fire("approver", found["terms"], "send_back_terms", {"comment": "Уточните объём."}))
    found["search"] = stages.in_approval(env, 3)
    done(env.fire("approver", found["search"], "approve_terms"))
    found["offered"], found["offer"] = stages.offered(env)
    found["delivery"], found["deliverable"] = stages.delivering(env)
    found["closed"] = closed(site)
    found["person"], found["absence"] = absent(site)
    found["entry"] = 1
    propose(env, found["offered"])
    site.carry()
    time.move(timedelta(days=20))  # some are late by now
    site.carry()
    found["letter"] = site.letter("requester").name
    found["act"] = asked(site, "approver", found["approval"])
    return found


def asked(site, name, case):
    """The token of a link that works without signing in, from a letter to this person about the case."""
    letters = (find(site.settings.caught, path.stem) for path in site.settings.caught.glob("*.eml"))
    about = (letter.html for letter in letters if letter.to == site.env.email(name) and case in letter.subject)
    return next(link[1] for html in about if (link := re.search(r"/act/(\w+)", html)))


def propose(env, case):
    """A correction of the first entry that waits for a second person."""
    wish = CorrectionRequest(1, "Опечатка в заявке", {"problem": "Полигон почти заполнен."})
    asked = desk.Request(env.actor("requester"), case, env.version(case))
    done(env.transactions.run(lambda session: desk.propose(desk.Unit(session, env.services), asked, wish)))


def absent(site):
    """The approver, who is away, and nobody stands in: the public id, and that of the absence."""
    with site.env.transactions.write() as session:
        person = session.get_one(Person, site.env.actor("approver").person_id)
        wish = NewAbsence(date(2020, 1, 1), date(2099, 12, 31), note="Кезекті демалыс")
        record(session, person, wish, recorded_by_id=person.id, now=clock.now())
        return person.key, session.scalar(select(func.max(Absence.id)))


def closed(site):
    """A whole life, the shortest way."""
    env = site.env
    case, part = stages.delivering(env)
    stored = storage.put(io.BytesIO(PDF), SimpleNamespace(data=site.settings.data, upload_bytes=10_000))
    report = Upload(stored.sha256, stored.size, "отчёт.pdf", "application/pdf")
    done(env.fire("expert", part, "submit", {}, uploads={"report": report}))
    done(env.fire("requester", part, "accept"))
    done(env.fire("coordinator", case, "complete_delivery"))
    done(env.fire("requester", case, "accept_final"))
    done(env.fire("manager", case, "close", {"outcome": "Пакет финансирования подписан."}))
    return case
