from dataclasses import FrozenInstanceError

import pytest

from workflows import Problem, Refusal, UnknownStep


def test_every_refusal_has_a_code_of_its_own():
    # By name: a dataclass with slots leaves its first form behind, so each stands there twice.
    codes = {refusal.__name__: refusal.code for refusal in Refusal.__subclasses__()}
    assert len(codes) >= 10
    assert len({*codes.values(), Refusal.code}) == len(codes) + 1


def test_refusals_with_the_same_reasons_are_equal_and_never_change():
    assert UnknownStep("fly") == UnknownStep("fly") != UnknownStep("swim")
    with pytest.raises(FrozenInstanceError):
        UnknownStep("fly").step = "swim"


def test_a_problem_can_be_kept_in_a_set():
    assert len({Problem("too_long", (("max", 5),)), Problem("too_long", (("max", 5),))}) == 1
