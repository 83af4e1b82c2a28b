"""The pages about people, organisations, absences and rights, as one door."""

from __future__ import annotations

from flask import Flask

from expertise.doors.web import absences, inbox, matrix, organisations, people, people_import, people_verbs, wordings


def attach(app: Flask) -> None:
    """Open all of them."""
    for door in (people, people_verbs, people_import, organisations, absences, matrix, wordings, inbox):
        door.attach(app)
