"""The benchmarks run, and every figure is there; what they measure is not a test's business."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.benchmarks import __main__, background, slow_line, steps
from tests.benchmarks.machine import interleave, one_slice, team
from tests.benchmarks.sizes import QUICK
from tests.benchmarks.table import Figure, as_json, as_text, at_least, at_most, explained, profiled

TINY = replace(QUICK, seconds=0.0, steps=2, many=800, times=4, events=4, timers=4, page_seconds=0.0)
EXPECTED = (
    "durable steps a second through the desk",
    "the same rows by the driver alone",
    "desk against driver",
    "processor time, desk against driver",
    "processor time of a step, desk, client + server",
    "steps with needs and not_by: desk against driver",
    "steps of a part that carry the parent's: desk against driver",
    "statements of one step, 1 recipient",
    "statements of one step, 3 recipients",
    "the same for any number of recipients",
    "worklist of 50, one region, many against few",
    "worklist of 50, whole country, many against few",
    "list of 50 with its count, many against few",
    "case page, many against few",
    "idle sweep with 800 timers",
    "who is asking, per request",
    "a letter to one of 10, processor time",
    "attempts for each timer done, 2 workers",
    "memory kept for each open case",
    "bytes in the database for each event, letters included",
    "trail verified, against SHA-256 of the same bytes",
    "gunicorn: worklist against a constant string",
    "gunicorn: case page against a constant string",
    "gunicorn: POST of a step against a constant string",
)
ON_POSTGRES = (
    "2 processes: desk against driver",
    "2 processes on one case: desk against driver",
)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_every_figure_is_measured(kind):
    figures = list(__main__.figures(kind, TINY))
    for name in EXPECTED + (ON_POSTGRES if kind == "postgres" else ()):
        assert any(figure.name.endswith(name) for figure in figures), name
    by_name = {figure.name: figure for figure in figures}
    assert by_name[f"{__main__.NAMES[kind]}: the same for any number of recipients"].met
    assert by_name[f"{__main__.NAMES[kind]}: statements of one step, 3 recipients"].met
    assert all(
        figure.where for figure in figures if figure.verdict == "MISSED" and "processor time, desk" in figure.name
    )


def test_the_engine_is_measured_without_a_database():
    assert [figure.number > 0 for figure in background.engine(TINY)] == [True, True]


@pytest.mark.browser
@pytest.mark.skipif(not slow_line.installed(), reason="Chromium is missing: apt-get install chromium")
def test_a_page_over_a_slow_line_is_measured(monkeypatch):
    monkeypatch.setattr(slow_line, "PAGES", {"case": slow_line.PAGES["case"]})
    figures = list(slow_line.figures(TINY))
    assert [figure.name for figure in figures] == [
        "256 kbit/s, 400 ms: case, first view",
        "256 kbit/s, 400 ms: case, later",
    ]
    assert all(figure.number > 0 and (figure.where or figure.met) for figure in figures)


def test_other_libraries_are_compared_where_they_are_installed():
    if not steps.installed():
        pytest.skip("only ./dev bench installs them")
    with __main__.prepared("sqlite", TINY) as (env, _), team(1) as processes:
        steps.driver.prepare(env.engine)
        given = steps.stage(env, processes, 1, "", steps.subjects.walking)
        names = [figure.name for figure in steps.others(env, processes, given, "sqlite", "SQLite", TINY)]
    assert "SQLite, 1 process: desk against SpiffWorkflow, 20 steps behind" in names
    assert "SQLite, 1 process: desk against django-fsm with its log" in names


class Slow:
    """A loop whose every step outlasts its slice, as on a busy machine; every second one is refused."""

    def __init__(self) -> None:
        self.calls = 0

    def step(self) -> bool:
        self.calls += 1
        return self.calls % 2 == 0

    def backend(self) -> None:
        return None

    def close(self) -> None:
        return None


class Alone:
    """A team of one, in this process."""

    def __init__(self) -> None:
        self.loops = {"base": Slow(), "other": Slow()}

    def warm(self, name: str, number: int) -> None:
        self.loops[name].calls = 0

    def slice(self, name: str, number: int, seconds: float, steps: int):
        return one_slice(self.loops[name], seconds, steps)


def test_a_slice_holds_steps_however_short_it_is():
    found = interleave(Alone(), 1, "base", ["other"], pairs=2, seconds=0.0, steps=3)
    assert found["other"].rate > 0 and found["other"].ratio > 0
    assert found["other"].refused == 1


def test_a_fault_in_a_process_is_raised_here():
    with team(1) as processes, pytest.raises(RuntimeError, match="KeyError"):
        processes.slice("nobody made this", 1, 0.0, 1)


def test_a_figure_says_whether_its_goal_is_reached_and_where_the_time_goes():
    assert at_least("a", 0.7, 0.6).verdict == at_most("b", 1.5, 1.5).verdict == "reached"
    assert at_least("a", 0.5, 0.6).verdict == at_most("b", 1.6, 1.5).verdict == "MISSED"
    assert Figure("c", "9").verdict == ""
    missed = explained(at_least("a", 0.5, 0.6), lambda: ["  all of it in one place"])
    lines = as_text([missed, explained(at_most("long name", 1, 2), lambda: ["not asked for"])]).splitlines()
    assert lines[0].split() == ["figure", "measured", "goal"]
    assert lines[2].split() == ["a", "0.50", "≥", "0.6", "MISSED"]
    assert lines[3].split() == ["long", "name", "1.00", "≤", "2", "reached"]
    assert lines[4:] == ["", "MISSED: a", "  all of it in one place"]


def test_figures_can_be_read_by_a_program():
    read = json.loads(as_json([at_least("a", 0.5, 0.6)], {"processors": 2}))
    assert read["machine"] == {"processors": 2}
    assert read["figures"][0]["number"] == 0.5 and read["figures"][0]["verdict"] == "MISSED"


def test_a_profile_names_packages_and_functions():
    lines = profiled(lambda: sum(len(as_text([Figure("a", "b")])) for _ in range(2000)))
    assert lines[0].startswith("  processor time by package: ")
    assert any("as_text" in line for line in lines[1:])
