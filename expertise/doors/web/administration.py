"""The pages about people, organisations, absences and rights, as one door."""

from __future__ import annotations

from flask import Flask

from expertise.doors.web import (
    absences,
    calendar_page,
    inbox,
    matrix,
    organisations,
    outbox_page,
    people,
    people_import,
    people_verbs,
    wordings,
)


def attach(app: Flask) -> None:
    """Open all of them."""
    of_people = (people, people_verbs, people_import, organisations, absences, matrix)
    for door in (*of_people, calendar_page, wordings, inbox, outbox_page):
        door.attach(app)
