"""An upload in parts: the upload goes on where it stopped, belongs to one person, and is inspected like every file."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import replace

import pytest

from expertise import config, worker
from expertise.app import create_app
from expertise.files.model import PendingUpload, StoredFile
from tests.expertise.web.cases.test_attachments import comment
from tests.expertise.web.cases.test_cases import deliverable
from tests.expertise.web.conftest import Visitor

CONTENT = b"".join(b"Line %d of a long text\n" % number for number in range(9000))
PART, SIZE = 50_000, len(CONTENT)


class Sender:
    """A client of the protocol in the browser of a visitor."""

    def __init__(self, visitor):
        self.visitor = visitor
        self.token = visitor.hidden("/account")["csrf_token"]

    def ask(self, method, url, data=None, **headers):
        given = {"Tus-Resumable": "1.0.0", "X-CSRFToken": self.token, "Accept": "application/json"}
        given |= {name.replace("_", "-"): str(value) for name, value in headers.items()}
        return self.visitor.client.open(url, method=method, data=data, headers=given, buffered=True)

    def begin(self, name="long text.txt", size=SIZE):
        coded = base64.b64encode(name.encode()).decode()
        answer = self.ask("POST", "/uploads", Upload_Length=size, Upload_Metadata=f"filename {coded},kind")
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def part(self, url, offset, piece, **headers):
        kind = {"Content_Type": "application/offset+octet-stream", **headers}
        return self.ask("PATCH", url, piece, Upload_Offset=offset, **kind)

    def offset(self, url):
        answer = self.ask("HEAD", url)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
        return int(answer.headers["Upload-Offset"])

    def rest(self, url, content=CONTENT):
        while (offset := self.offset(url)) < len(content) or not self.ask("GET", url).json["ready"]:
            answer = self.part(url, offset, content[offset : offset + PART])
            if answer.status_code != 204:
                return answer
        return self.ask("GET", url)


@pytest.fixture
def reference(visit):
    return deliverable(visit)


def test_parts_become_a_file_that_a_comment_names(visit, reference, look, app):
    expert = visit("expert")
    sender = Sender(expert)
    url = sender.begin("есеп.txt")
    answer = sender.rest(url)
    assert answer.json["ready"] and answer.json["name"] == "есеп.txt"
    assert comment(expert, reference, "Here", **{"kept-files": answer.json["key"]}).status_code == 303
    (stored,) = look(StoredFile)
    assert (stored.name, stored.size) == ("есеп.txt", len(CONTENT))
    assert visit("coordinator").see(f"/files/{stored.key}").data == CONTENT
    assert list((app.extensions["komek"].settings.data / "files" / "incoming").iterdir()) == []


class Broken:
    """A body whose line breaks after some bytes."""

    def __init__(self, content):
        self.left = content

    def read(self, size=-1):
        if not self.left:
            raise OSError("the line is broken")
        piece, self.left = self.left[: max(1, size)], self.left[max(1, size) :]
        return piece

    def close(self):
        """There is nothing to close."""


def test_a_line_that_breaks_loses_nothing_that_has_come(visit, app, tmp_path):
    expert = visit("expert")
    sender = Sender(expert)
    url = sender.begin()
    environ = {"wsgi.input": Broken(CONTENT[:70_000]), "CONTENT_LENGTH": str(len(CONTENT))}
    kind = "application/offset+octet-stream"
    headers = {"X-CSRFToken": sender.token, "Upload-Offset": "0", "Content-Type": kind}
    expert.client.open(url, method="PATCH", headers=headers, environ_overrides=environ)
    assert sender.offset(url) == 70_000
    env = app.extensions["komek"]
    given = {"KOMEK_DATA": str(env.settings.data), "KOMEK_SECRET_KEY": "k" * 40, "KOMEK_SECOND_FACTOR": "offered"}
    again = create_app(config.read(given))  # a server that was started again
    other = Visitor(again, None)
    other.client.set_cookie("komek", expert.client.get_cookie("komek").value)
    sender = Sender(other)
    assert sender.offset(url) == 70_000
    assert sender.rest(url).json["ready"]
    again.extensions["komek"].transactions.engine.dispose()


def test_an_upload_belongs_to_one_person(visit):
    url = Sender(visit("expert")).begin()
    other = Sender(visit("coordinator"))
    assert [other.ask(method, url).status_code for method in ("HEAD", "GET", "PATCH", "DELETE")] == [404] * 4
    assert visit().client.head(url).status_code == 303


def test_a_part_at_another_place_is_refused_and_told_where_to_go_on(visit):
    sender = Sender(visit("expert"))
    url = sender.begin()
    assert sender.part(url, 0, CONTENT[:PART]).headers["Upload-Offset"] == str(PART)
    for offset in (0, PART - 1, PART + 1, "x"):
        answer = sender.part(url, offset, b"x")
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, str(PART))
    assert sender.part(url, PART, b"x", Content_Type="text/plain").status_code == 415
    assert sender.part(url, PART, b"x", Tus_Resumable="0.2.2").status_code == 412
    assert sender.part(url, PART, b"x", X_CSRFToken="no").status_code == 403
    assert sender.offset(url) == PART


def test_more_than_was_announced_is_not_kept(visit):
    sender = Sender(visit("expert"))
    url = sender.begin(size=10)
    assert sender.part(url, 0, CONTENT[:500]).headers["Upload-Offset"] == "10"
    assert sender.ask("GET", url).json["ready"]


def test_a_file_that_is_refused_says_why_and_leaves_nothing(visit, app):
    sender = Sender(visit("expert"))
    url = sender.begin("report.pdf")
    answer = sender.rest(url)
    assert answer.status_code == 422 and "not what the ending" in answer.json["message"]
    state = sender.ask("GET", url).json
    assert not state["ready"] and state["message"] == answer.json["message"]
    files = app.extensions["komek"].settings.data / "files"
    assert [path for path in files.rglob("*") if path.is_file()] == []


def test_size_and_day_are_limited_from_the_beginning(visit, app, look):
    sender = Sender(visit("expert"))
    env = app.extensions["komek"]
    assert sender.ask("POST", "/uploads").status_code == 400
    assert sender.ask("POST", "/uploads", Upload_Length=0).status_code == 422
    assert sender.ask("POST", "/uploads", Upload_Length=env.settings.upload_bytes + 1).status_code == 413
    app.extensions["komek"] = replace(env, settings=replace(env.settings, upload_daily_bytes=100))
    answer = sender.ask("POST", "/uploads", Upload_Length=101)
    assert answer.status_code == 422 and "files a day" in answer.json["message"]
    assert look(PendingUpload) == []


def test_an_upload_is_given_up_or_forgotten_after_a_day(visit, app, look, time):
    sender = Sender(visit("expert"))
    given_up, forgotten = sender.begin(), sender.begin()
    for url in (given_up, forgotten):
        sender.part(url, 0, CONTENT[:PART])
    assert sender.ask("DELETE", given_up).status_code == 204
    assert sender.ask("HEAD", given_up).status_code == 404
    env = app.extensions["komek"]
    incoming = env.settings.data / "files" / "incoming"
    assert [path.name for path in incoming.iterdir()] == [forgotten.rpartition("/")[2]]
    time.move(worker.GRACE * 2)
    for path in incoming.iterdir():
        os.utime(path, (0, 0))
    worker.tidy(env.transactions, env.settings)
    assert look(PendingUpload) == [] and list(incoming.iterdir()) == []


def test_the_page_says_where_files_go(visit, reference):
    page = visit("expert").see(f"/cases/{reference}/messages").text
    assert re.search(r'<input type="file" [^>]*multiple[^>]*data-upload="/uploads"', page, re.DOTALL)
