"""Nothing is stored for a person who may not do what a file is for, and only so much a day for one who may."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from expertise import worker
from expertise.base import clock
from expertise.files.model import ReceivedBytes, StoredFile
from tests.expertise.web.cases.test_cases import deliverable
from workflows.definition import LANGUAGES

MEGABYTE = 1024 * 1024


SIZE = 400_000  # bytes; werkzeug's test client keeps no more in memory


def report(content=b"Report \n"):
    return {"report": (io.BytesIO(content * (SIZE // len(content))), "report.txt")}


def stored(app):
    """Bytes in the store, finished or not."""
    folder = app.extensions["komek"].settings.data / "files"
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def limit(app):
    """`limit(3)`: at most three megabytes a day."""

    def set_limit(megabytes):
        env = app.extensions["komek"]
        settings = replace(env.settings, upload_daily_bytes=megabytes * MEGABYTE)
        app.extensions["komek"] = replace(env, settings=settings)

    return set_limit


def test_twenty_posts_of_a_person_whose_step_it_is_not_store_nothing(app, visit):
    reference = deliverable(visit)
    requester = visit("requester")
    hidden = visit("expert").hidden(f"/cases/{reference}/steps/submit")
    own = requester.hidden(f"/cases/{reference}")
    for number in range(20):
        answer = requester.client.post(
            f"/cases/{reference}/steps/submit",
            data={**hidden, "csrf_token": own.get("csrf_token", ""), "_key": f"k{number}", **report()},
        )
        assert answer.status_code in (403, 409), answer.status_code
    assert stored(app) == 0


def test_a_step_whose_time_is_over_stores_nothing(app, visit):
    reference = deliverable(visit)
    expert = visit("expert")
    hidden = expert.hidden(f"/cases/{reference}/steps/submit")
    assert expert.take(reference, "submit", report()).status_code == 303
    before = stored(app)
    other = {"report": (io.BytesIO(b"Another report"), "report.txt")}
    answer = expert.client.post(f"/cases/{reference}/steps/submit", data={**hidden, "_key": "another", **other})
    assert answer.status_code == 409
    assert stored(app) == before


def test_the_same_post_sent_twice_is_answered_twice_and_happens_once(app, visit, look):
    reference = deliverable(visit)
    expert = visit("expert")
    hidden = expert.hidden(f"/cases/{reference}/steps/submit")
    for _ in range(2):
        answer = expert.client.post(f"/cases/{reference}/steps/submit", data={**hidden, **report()})
        assert answer.status_code == 303, answer.text
    assert len(look(StoredFile)) == 1


def test_a_refused_file_leaves_nothing(app, visit):
    reference = deliverable(visit)
    answer = visit("expert").take(reference, "submit", {"report": (io.BytesIO(b"MZ" * 9000), "report.pdf")})
    assert answer.status_code == 422
    assert stored(app) == 0


def test_one_person_sends_only_so_much_a_day(app, visit, limit, time):
    reference = deliverable(visit)
    limit(1)
    expert = visit("expert")
    for content in (b"MZ\0\0", b"\x07abc"):
        assert expert.take(reference, "submit", report(content)).status_code == 422
    said = set()
    for language in LANGUAGES:
        expert.send("/language", {"language": language}, page="/account")
        answer = expert.take(reference, "submit", report())
        assert answer.status_code == 422
        place = re.search("at most 1 MB of files a day|не более 1 МБ файлов|ең көбі 1 МБ файл", answer.text)
        said.add(place[0])
    assert len(said) == 3 and stored(app) == 0
    time.move(timedelta(days=1))
    assert visit("expert").take(reference, "submit", report()).status_code == 303


def test_the_counts_of_days_that_are_over_are_forgotten(app, visit, time):
    reference = deliverable(visit)
    env = app.extensions["komek"]
    assert visit("expert").take(reference, "submit", report()).status_code == 303
    counted = lambda: env.transactions.run(lambda db: db.scalar(select(func.sum(ReceivedBytes.size))))  # noqa: E731
    worker.tidy(env.transactions, env.settings)
    assert counted() == SIZE
    time.move(timedelta(days=9))
    worker.tidy(env.transactions, env.settings)
    assert counted() is None
    assert clock.now()
