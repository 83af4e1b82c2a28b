"""The scripts: told on true days or backwards from today, complete in their texts."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from expertise.demo import scripts
from expertise.demo.accounts import accounts
from workflows.calendar import Calendar

CALENDAR = Calendar.kazakhstan()


def written(folder, event):
    (folder / "lives").mkdir()
    (folder / "chapters.yaml").write_text("begun:\n  - {who: coordinator, after: 2, step: register}\n", "utf-8")
    told = {
        "record": "R",
        "source_url": "http://example.kz",
        "facts": "Facts.",
        "requester": "requester.astana",
        "fields": {},
        "life": ["begun", event],
        "idle": 4,
    }
    (folder / "lives" / "one.yaml").write_text(yaml.safe_dump([told]), "utf-8")
    return folder


@pytest.mark.parametrize("today", [date(2026, 1, 4), date(2026, 3, 26), date(2026, 5, 10), date(2027, 12, 31)])
def test_an_open_life_ends_so_many_working_days_ago_whatever_the_day(today):
    for life in scripts.load():
        moments = scripts.in_order((life,), CALENDAR, today)
        last = CALENDAR.local_day(moments[-1].at)
        if life.opened is None:
            assert CALENDAR.working_days_between(last, today) == life.idle
        else:
            assert life.opened == CALENDAR.local_day(moments[0].at) and last < date(2026, 1, 1)


@pytest.mark.parametrize("today", [date(2026, 3, 2), date(2028, 2, 29)])
def test_no_two_events_share_a_moment_and_each_life_keeps_its_order(today):
    moments = scripts.in_order(scripts.load(), CALENDAR, today)
    assert len({moment.at for moment in moments}) == len(moments)
    for life in scripts.load():
        mine = [moment.event for moment in moments if moment.life.record == life.record]
        assert mine[1:] == list(life.life)


def test_events_of_one_day_follow_each_other(tmp_path):
    (life,) = scripts.load(written(tmp_path, {"who": "coordinator", "say": "Taken up."}))
    opened, registered, said = scripts.in_order((life,), CALENDAR, date(2026, 3, 16))
    assert CALENDAR.local_day(opened.at) == date(2026, 3, 5)
    assert said.at - registered.at == timedelta(minutes=scripts.NEXT)
    assert life.origin == "R. Facts. http://example.kz"


def test_an_unknown_word_in_a_script_is_no_event(tmp_path):
    with pytest.raises(TypeError, match="when"):
        scripts.load(written(tmp_path, {"who": "coordinator", "when": "later"}))


def test_every_account_of_a_script_exists():
    people = accounts().keys() | {"requester", "expert"}
    for life in scripts.load():
        assert {life.requester, life.opener, life.expert or "requester"} <= people
        assert {event.who for event in life.life} <= people


def test_phrases_are_the_same_in_every_language():
    phrases = scripts.phrases()
    assert phrases.keys() == {"kk", "ru", "en"}
    assert len({frozenset(texts) for texts in phrases.values()}) == 1


def test_scripts_are_data_of_the_package():
    """The installed program must not need the folder in which the records were collected."""
    texts = [
        path.read_text("utf-8") for path in Path(scripts.__file__).parent.rglob("*") if path.suffix in (".py", ".yaml")
    ]
    assert texts and not any("/shared/" in text for text in texts)
