"""The benchmarks run, and every figure is there; what they measure is not a test's business."""

from __future__ import annotations

import pytest

from tests.benchmarks import __main__
from tests.benchmarks.table import Figure, at_least, at_most, told

TINY = __main__.Size(seconds=0.05, few=700, many=800, times=1, recipients=(1, 3))
EXPECTED = (
    "durable steps a second through the desk",
    "the same rows by the driver alone",
    "desk against driver",
    "statements of one step, 1 told",
    "statements of one step, 3 told",
    "the same for any number of people told",
    "worklist of 50, one region, many against few",
    "worklist of 50, whole country, many against few",
    "case page, many against few",
    "idle sweep with 800 timers",
)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_every_figure_is_measured(kind):
    figures = list(__main__.figures(kind, TINY))
    for name in EXPECTED:
        assert any(figure.name.endswith(name) for figure in figures), name
    by_name = {figure.name: figure for figure in figures}
    assert by_name[f"{__main__.NAMES[kind]}: the same for any number of people told"].met
    assert by_name[f"{__main__.NAMES[kind]}: statements of one step, 3 told"].met


def test_a_figure_says_whether_its_goal_is_met():
    assert at_least("a", 0.7, 0.6).verdict == at_most("b", 1.5, 1.5).verdict == "met"
    assert at_least("a", 0.5, 0.6).verdict == at_most("b", 1.6, 1.5).verdict == "missed"
    assert Figure("c", "9").verdict == ""
    lines = told([at_least("a", 0.5, 0.6), Figure("long name", "9")]).splitlines()
    assert lines[0].split() == ["figure", "measured", "goal"]
    assert lines[2].split() == ["a", "0.50", "≥", "0.6", "missed"]
    assert lines[3].split() == ["long", "name", "9"]
