"""Every page of Komek, in the order in which the application registers them."""

from __future__ import annotations

from flask import Flask

from expertise.web import demo_mailbox, page_frame
from expertise.web.account import notifications as letter_choices
from expertise.web.account import passkeys, password, sessions, unsent_forms
from expertise.web.account import second_factor as own_second_factor
from expertise.web.admin import calendar, import_cases, inbound_mail, letter_texts, outbox, processes
from expertise.web.auth import (
    login_required,
    oidc,
    passkey_requests,
    passkey_sign_in,
    password_links,
    reauthentication,
    second_factor,
    sign_in,
    sign_in_link,
)
from expertise.web.cases import (
    assignment,
    corrections,
    edit,
    extensions,
    files,
    routes,
    steps,
    uploads,
)
from expertise.web.follow_up import overview, questionnaire
from expertise.web.home import desk, notifications, tasks
from expertise.web.kit import errors, i18n, unsent
from expertise.web.letter_links import again, decision, objection, undo, unsubscribe
from expertise.web.letter_links import questionnaire as linked_questionnaire
from expertise.web.lists import bulk, case_list, export, views
from expertise.web.people import (
    absences,
    changes,
    csv_import,
    handover,
    organisations,
    people,
    permission_matrix,
    person_actions,
)
from expertise.web.public import register
from expertise.web.reports import board, dashboard, deadlines, feed
from expertise.web.reports import pdf as dashboard_pdf
from expertise.web.search import find as search

#: Modules with `attach(app)`; a new page is registered here.
PAGES = (
    # before and around every page
    login_required,
    i18n,
    page_frame,
    errors,
    unsent,
    reauthentication,
    # signing in, the own account
    *(sign_in, second_factor, oidc, passkey_requests, passkey_sign_in, password_links, sign_in_link),
    *(password, own_second_factor, sessions, letter_choices, passkeys, unsent_forms),
    # work
    *(desk, tasks, notifications),
    *(routes, edit, steps, assignment, corrections, extensions, files, uploads, handover),
    *(case_list, views, bulk, export),
    *(overview, questionnaire, board, dashboard, dashboard_pdf, deadlines, feed),
    *(decision, again, linked_questionnaire, undo, objection, unsubscribe),
    register,
    search,
    # administration
    *(people, person_actions, changes, csv_import, organisations, absences, permission_matrix),
    *(calendar, letter_texts, inbound_mail, outbox, import_cases, processes),
    # the demonstration only
    demo_mailbox,
)


def attach(app: Flask) -> None:
    """Register every page."""
    for page in PAGES:
        page.attach(app)
