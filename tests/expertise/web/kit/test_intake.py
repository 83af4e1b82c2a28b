"""A request has so much time to come, and no more."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from expertise.web.kit.intake import HEAD_SECONDS, IDLE_SECONDS, LONGEST_HEAD, SLOWEST, Intake


@pytest.fixture
def begun():
    """`begun(now, largest)`: an intake that is closed after the test."""
    with ExitStack() as stack:

        def begin(now=0.0, largest=1000):
            intake = Intake(now, largest)
            stack.callback(intake.content.close)
            return intake

        yield begin


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


def test_the_head_has_one_deadline_however_many_pieces_it_comes_in(begun):
    intake = begun(100.0)
    for second in range(9):
        intake.feed(b"x", 100.0 + second)
    assert intake.deadline == 100.0 + HEAD_SECONDS and not intake.complete


def test_a_body_must_go_on_and_come_fast_enough(begun):
    intake = begun(largest=10**9)
    intake.feed(HEAD % (SLOWEST * 100), 1.0)
    assert intake.deadline == 1.0 + IDLE_SECONDS
    intake.feed(b"x", 15.0)
    assert intake.deadline == 15.0 + IDLE_SECONDS
    for second in range(16, 130):
        intake.feed(b"x", float(second))
    assert intake.deadline == 1.0 + IDLE_SECONDS + 100 and not intake.complete


def test_a_request_is_complete_with_its_last_byte(begun):
    for piece in (1, 7, 10_000):
        intake, whole = begun(), HEAD % 5 + b"12345"
        for place in range(0, len(whole), piece):
            assert not intake.complete
            intake.feed(whole[place : place + piece], 0.0)
        assert intake.complete and not intake.surplus
        intake.content.seek(0)
        assert intake.content.read() == whole


def test_what_need_not_be_waited_for_is_complete(begun):
    large, endless, none = begun(), begun(), begun()
    large.feed(HEAD % 1001, 0.0)
    assert large.complete and large.unread
    endless.feed(b"x" * (LONGEST_HEAD + 1), 0.0)
    assert endless.complete
    none.feed(b"GET / HTTP/1.1\r\n\r\nGET /", 0.0)
    assert none.complete and none.surplus
