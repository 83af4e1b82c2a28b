"""A row without its bytes: the reader hears what is wrong, the log says which file, and a command finds it first."""

from __future__ import annotations

import io
import logging
import re
import shutil

import pytest

from expertise.files import integrity
from expertise.files.model import StoredFile
from tests.expertise.web.cases.test_cases import deliverable
from workflows.definition import LANGUAGES


@pytest.fixture
def stored(app, visit):
    """(address of a report that was handed in, where its bytes lie, who may read it)."""
    reference = deliverable(visit)
    visit("expert").take(reference, "submit", {"report": (io.BytesIO(b"Report"), "report.txt")})
    requester = visit("requester")
    address = re.search(r"/files/f[0-9a-f]{24}", requester.see(f"/cases/{reference}").text)[0]
    env = app.extensions["komek"]
    with env.transactions.read() as session:
        sha256 = session.query(StoredFile.sha256).scalar()
    return address, env.settings.data / "files" / sha256[:2] / sha256[2:], requester


def faults(app):
    env = app.extensions["komek"]
    with env.transactions.read() as session:
        return [
            (each.key, (each.fault or "").partition(":")[0]) for each in integrity.check(session, env.settings.data)
        ]


def test_a_lost_file_is_said_and_logged(app, stored, caplog):
    address, path, requester = stored
    key = address.rpartition("/")[2]
    assert faults(app) == [(key, "")]
    shutil.move(path, path.with_suffix(".away"))
    with caplog.at_level(logging.ERROR, "komek.web"):
        pages = {}
        for language in LANGUAGES:
            requester.send("/language", {"language": language}, page="/account")
            answer = requester.see(address)
            assert answer.status_code == 503 and f'lang="{language}"' in answer.text
            assert "Content-Disposition" not in answer.headers
            pages[language] = re.search(r"<h1>(.*?)</h1>", answer.text)[1]
    assert len(set(pages.values())) == 3 and pages["en"] == "The file is not available at present"
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 3
    assert key in caplog.messages[0] and path.parent.name + path.name in caplog.messages[0]
    assert faults(app) == [(key, "its content is not in the store")]
    shutil.move(path.with_suffix(".away"), path)
    assert requester.see(address).data == b"Report"


def test_other_bytes_are_found(app, stored):
    address, path, _requester = stored
    path.write_bytes(b"Forged")
    assert faults(app) == [(address.rpartition("/")[2], "its content is not what came")]


def test_a_disk_that_cannot_be_read_is_no_fault_of_the_program(app, stored):
    """A folder stands where the file was: nobody, root included, can open it."""
    address, path, requester = stored
    path.unlink()
    path.mkdir()
    assert requester.see(address).status_code == 503
    assert faults(app)[0][1].startswith("its content cannot be read")
