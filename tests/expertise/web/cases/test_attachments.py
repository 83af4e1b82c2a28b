"""Files come with a comment or with a step: several at once, and one that is refused costs none of the others."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re

import pytest
from sqlalchemy import select

from expertise import worker
from expertise.audit.model import Event, PrivateValue
from expertise.cases.actions.attachments import HASHES
from expertise.cases.model import Case
from expertise.files.model import PendingUpload, StoredFile
from tests.expertise.web.cases.test_cases import deliverable
from workflows.definition import LANGUAGES

PDF_NOT = b"MZ" * 900


def file(name="notes.txt", content=b"Some words"):
    return (io.BytesIO(content), name)


def comment(visitor, reference, text="", *files, tab="messages", **data):
    page = visitor.see(f"/cases/{reference}/{tab}").text
    form = page[page.index('id="typed"') :].partition("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    sent = {**hidden, "comment": text, "new-files": list(files), **data}
    return visitor.client.post(f"/cases/{reference}/comments", data=sent)


@pytest.fixture
def reference(visit):
    return deliverable(visit)


def test_several_files_come_with_a_comment_and_stand_beside_it(visit, reference, look):
    expert = visit("expert")
    answer = comment(expert, reference, "Two files", file("plan.txt"), file("sums.csv", b"a;b\n" * 3000))
    assert answer.status_code == 303, answer.text
    page = visit("coordinator").see(f"/cases/{reference}/messages").text
    place = page.index("Two files")
    assert place < page.index("plan.txt") < page.index("sums.csv")
    assert "12\u00a0KB" in page
    assert [stored.name for stored in look(StoredFile)] == ["plan.txt", "sums.csv"]
    for stored in look(StoredFile):
        assert visit("coordinator").see(f"/files/{stored.key}").status_code == 200
        assert visit("neighbour").see(f"/files/{stored.key}").status_code == 404


def test_files_are_attached_on_their_own_tab(visit, reference, look):
    expert = visit("expert")
    assert f'href="/cases/{reference}/files"' in expert.see(f"/cases/{reference}").text  # before there is any file
    answer = comment(expert, reference, "", file("plan.txt"), file("sums.csv", b"a;b"), tab="files")
    assert answer.status_code == 303 and answer.location.endswith(f"/cases/{reference}/files")
    page = visit("coordinator").see(f"/cases/{reference}/files").text
    assert "plan.txt" in page and "sums.csv" in page and len(look(StoredFile)) == 2
    again = comment(expert, reference, "", tab="files")
    assert again.status_code == 422 and 'href="#f-new-files"' in again.text
    refused = comment(expert, reference, "Kept words", file("plan.pdf", PDF_NOT), tab="files")
    assert refused.status_code == 422 and "Kept words" in refused.text and 'id="attach"' in refused.text


def test_files_alone_are_a_comment_and_nothing_at_all_is_none(visit, reference, look):
    expert = visit("expert")
    assert comment(expert, reference, "", file()).status_code == 303
    assert len(look(StoredFile)) == 1
    assert comment(expert, reference).status_code == 422


def test_the_event_commits_to_the_content(visit, reference, look, app):
    content = b"What was said, word for word"
    assert comment(visit("expert"), reference, "See", file("a.txt", content)).status_code == 303
    (stored,) = look(StoredFile)
    last = look(Event, Event.act.like("%:comment:add"))[-1]
    (value,) = look(PrivateValue, PrivateValue.name == HASHES, PrivateValue.sequence == last.sequence)
    assert json.loads(value.value) == {stored.key: hashlib.sha256(content).hexdigest()}


def test_a_refused_file_keeps_the_text_and_the_others(visit, reference, look):
    expert = visit("expert")
    for language in LANGUAGES:
        expert.send("/language", {"language": language}, page="/account")
        answer = comment(expert, reference, "My words", file("good.txt"), file("bad.pdf", PDF_NOT))
        assert answer.status_code == 422
        assert "My words" in answer.text
        assert re.search(r"Choose again|Выберите заново|Қайта таңдаңыз", answer.text)
        assert "bad.pdf:" in answer.text and "good.txt:" not in answer.text
    assert look(StoredFile) == []
    kept = re.findall(r'name="kept-files" value="(u[0-9a-f]+)" checked', answer.text)
    assert len(kept) == 1
    answer = comment(expert, reference, "My words", file("better.txt"), **{"kept-files": kept})
    assert answer.status_code == 303
    assert [stored.name for stored in look(StoredFile)] == ["good.txt", "better.txt"]


def test_a_kept_file_that_is_not_named_any_more_is_left_out(visit, reference, look):
    expert = visit("expert")
    comment(expert, reference, "My words", file("good.txt"), file("bad.pdf", PDF_NOT))
    assert comment(expert, reference, "My words").status_code == 303
    assert look(StoredFile) == []


def test_nobody_attaches_the_upload_of_somebody_else(visit, reference, look):
    answer = comment(visit("expert"), reference, "My words", file("good.txt"), file("bad.pdf", PDF_NOT))
    kept = re.findall(r'name="kept-files" value="(u[0-9a-f]+)"', answer.text)
    assert comment(visit("coordinator"), reference, "Mine", **{"kept-files": kept}).status_code == 303
    assert look(StoredFile) == []


def test_what_was_kept_is_offered_again_after_the_session_has_ended(visit, reference):
    expert = visit("expert")
    page = expert.see(f"/cases/{reference}/messages").text
    form = page[page.index('id="typed"') :].partition("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    sent = {**hidden, "comment": "My words", "new-files": [file("good.txt"), file("bad.pdf", PDF_NOT)]}
    answer = expert.client.post(f"/cases/{reference}/comments", data=sent)
    (key,) = re.findall(r'name="kept-files" value="(u[0-9a-f]+)"', answer.text)
    again = {**hidden, "comment": "My words, changed", "kept-files": key}
    expert.client.delete_cookie("komek")
    expert.client.post(f"/cases/{reference}/comments", data=again)
    page = visit("expert").see(f"/cases/{reference}/messages").text
    assert "My words" in page
    assert f'value="{key}" checked' in page


def test_more_files_than_a_comment_takes(visit, reference, look):
    expert = visit("expert")
    files = [file(f"n{number}.txt", b"%d" % number) for number in range(21)]
    answer = comment(expert, reference, "Many", *files)
    assert answer.status_code == 422
    assert "n20.txt: One comment takes at most 20 files." in answer.text
    kept = re.findall(r'name="kept-files" value="(u[0-9a-f]+)"', answer.text)
    assert len(kept) == 20
    assert comment(expert, reference, "Many", **{"kept-files": kept}).status_code == 303
    assert len(look(StoredFile)) == 20


def test_the_same_comment_sent_twice_is_one(visit, reference, look):
    expert = visit("expert")
    page = expert.see(f"/cases/{reference}/messages").text
    form = page[page.index('id="typed"') :].partition("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    for _ in range(2):
        sent = {**hidden, "comment": "Once", "new-files": [file()]}
        assert expert.client.post(f"/cases/{reference}/comments", data=sent).status_code == 303
    assert len(look(StoredFile)) == 1


def test_somebody_who_only_reads_stores_nothing(visit, reference, settle, look):
    settle("auditor", "auditor")
    auditor = visit("auditor")
    data = {**auditor.hidden("/account"), "comment": "I", "new-files": [file()]}
    assert auditor.client.post(f"/cases/{reference}/comments", data=data).status_code == 403
    data = {**visit("neighbour").hidden("/account"), "comment": "I", "new-files": [file()]}
    assert look(PendingUpload) == [] and look(StoredFile) == []


def test_files_come_with_the_answer_of_a_step(visit, reference, look, app):
    expert = visit("expert")
    report = (io.BytesIO(b"Report " * 99), "report.txt")
    answer = expert.take(reference, "submit", {"report": report, "comment": "Done"})
    assert answer.status_code == 303
    requester = visit("coordinator")
    steps = re.findall(rf"/cases/{reference}/steps/(\w+)", requester.see(f"/cases/{reference}").text)
    with app.extensions["komek"].transactions.read() as db:
        case = db.scalar(select(Case).where(Case.reference == reference))
        definition = app.extensions["komek"].services.definitions.pinned(case.digest)
    step = next(each for each in steps if "comment" in definition.transitions[each].asks)
    page = requester.see(f"/cases/{reference}/steps/{step}").text
    assert 'name="new-files"' in page
    data = {"comment": "Please mend", "new-files": [file("list.txt"), file("bad.pdf", PDF_NOT)], "_sure": "yes"}
    answer = requester.take(reference, step, data)
    assert answer.status_code == 422 and "bad.pdf:" in answer.text and "Please mend" in answer.text
    kept = re.findall(r'name="kept-files" value="(u[0-9a-f]+)"', answer.text)
    data = {"comment": "Please mend", "kept-files": kept, "_sure": "yes"}
    answer = requester.take(reference, step, data)
    assert answer.status_code == 303, answer.text[answer.text.index("<main") :]
    page = visit("expert").see(f"/cases/{reference}/messages").text
    assert page.index("Please mend") < page.index("list.txt")


def test_uploads_that_nobody_came_back_to_are_forgotten_with_their_bytes(visit, reference, look, app, time):
    answer = comment(visit("expert"), reference, "My words", file("good.txt"), file("bad.pdf", PDF_NOT))
    assert answer.status_code == 422
    env = app.extensions["komek"]
    assert worker.tidy(env.transactions, env.settings) == 0
    assert len(look(PendingUpload)) == 1
    time.move(worker.GRACE * 3)
    for path in (env.settings.data / "files").rglob("*"):
        os.utime(path, (0, 0))
    worker.tidy(env.transactions, env.settings)
    assert look(PendingUpload) == []
    assert [path for path in (env.settings.data / "files").rglob("*") if path.is_file()] == []
