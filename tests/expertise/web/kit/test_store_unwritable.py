"""A store that is full or cannot be written: said in three languages, nothing half-done, and reading goes on."""

from __future__ import annotations

import errno
import io
import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest

from expertise.audit.model import Event
from expertise.files import storage
from tests.expertise.web.cases.test_cases import REQUEST, deliverable
from workflows.definition import LANGUAGES

#: More than fits into what is free of the last page.
LONG = {"why_now": "ә" * 300, "problem": "ғ" * 1000, "expected_result": "қ" * 500}
PRAGMAS = {"read-only": ("query_only=ON", "query_only=OFF", 503), "full": ("max_page_count=1", "max_page_count=0", 507)}


@pytest.fixture
def closed(app):
    """`with closed("full") as status:` the database takes nothing."""
    engine = app.extensions["komek"].transactions.engine

    @contextmanager
    def close(kind):
        on, off, status = PRAGMAS[kind]
        engine.dispose()
        with engine.connect() as one, engine.connect() as two:  # both lines of the pool that a page may use
            for connection in (one, two):
                connection.exec_driver_sql(f"PRAGMA {on}")
        yield status
        engine.dispose()
        with engine.connect() as one:
            one.exec_driver_sql(f"PRAGMA {off.replace('=0', '=4294967294')}")

    return close


def title(answer):
    return re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)[1]


@pytest.mark.parametrize("kind", PRAGMAS)
def test_a_database_that_takes_nothing_is_said_and_nothing_is_lost(app, visit, look, closed, kind):
    requester = visit("requester")
    reference = requester.begin(REQUEST)
    url = f"/cases/{reference}/edit"
    before = len(look(Event))
    said = set()
    for language in LANGUAGES:
        requester.send("/language", {"language": language}, page="/account")
        data = {**requester.hidden(url), **REQUEST, **LONG, "_key": language}
        with closed(kind) as status:
            answer = requester.client.post(url, data=data)
            assert answer.status_code == status, answer.text
            said.add(title(answer))
            assert requester.see(f"/cases/{reference}").status_code == 200
            saved = requester.client.post(url, data=data, headers={"Accept": "application/json"})
            assert saved.status_code == status and len(saved.json["message"]) > 40
    assert len(said) == 3 and len(look(Event)) == before
    assert requester.client.post(url, data=data).status_code == 303


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (errno.ENOSPC, 507),
        (errno.EDQUOT, 507),
        (errno.EFBIG, 507),
        (errno.EROFS, 503),
        (errno.EACCES, 503),
        (errno.EIO, 503),
    ],
)
@pytest.mark.parametrize("moment", ["fsync", "mkdir", "open"])
def test_a_folder_of_files_that_takes_nothing_is_said_and_nothing_is_lost(
    app, visit, look, monkeypatch, number, status, moment
):
    reference = deliverable(visit)
    expert = visit("expert")
    hidden = expert.hidden(f"/cases/{reference}/steps/submit")
    before = len(look(Event))

    def fail(*_args, **_options):
        raise OSError(number, os.strerror(number), "incoming/x")

    def post():
        data = {**hidden, "report": (io.BytesIO(b"Report"), "report.txt")}
        return expert.client.post(f"/cases/{reference}/steps/submit", data=data)

    with monkeypatch.context() as patch:
        if moment == "fsync":
            patch.setattr(storage.os, "fsync", fail)
        else:
            patch.setattr(Path, moment, _for_files(getattr(Path, moment), fail))
        answer = post()
        assert answer.status_code == status and title(answer) == "Komek cannot store anything just now"
        assert len(look(Event)) == before
    files = app.extensions["komek"].settings.data / "files"
    assert [path for path in files.rglob("*") if path.is_file()] == []
    assert post().status_code == 303


def _for_files(real, fail):
    """Fails in the folder of files only."""
    return lambda path, *args, **options: (fail if "incoming" in str(path) else real)(path, *args, **options)


def test_other_system_errors_stay_faults(app, visit, monkeypatch):
    reference = deliverable(visit)
    expert = visit("expert")

    def fail(*_args):
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(storage.os, "fsync", fail)
    answer = expert.take(reference, "submit", {"report": (io.BytesIO(b"Report"), "report.txt")})
    assert answer.status_code == 500
