"""A mail server hands mail over through a pipe, and keeps what it could not hand over."""

from __future__ import annotations

from click.testing import CliRunner
from sqlalchemy import create_engine, text

from expertise.cli import main

MAIL = "From: manager@team.test\nTo: r.abc@komek.test\nMessage-ID: <1@team.test>\n\nDONE\n"


def hand_over(*words):
    return CliRunner().invoke(main, ["take-in", *words], input=MAIL, catch_exceptions=False)


def test_a_mail_through_the_pipe_is_stored_once(komek, settings, tmp_path):
    assert komek("init").exit_code == 0
    for _ in range(2):
        assert hand_over("--sender", "manager@team.test", "--recipient", "r.abc@komek.test").exit_code == 0
    engine = create_engine(f"sqlite:///{tmp_path / 'data' / 'komek.sqlite'}")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT source, sender, recipient FROM inbound_mails")).all()
    engine.dispose()
    assert [tuple(row) for row in rows] == [("pipe", "manager@team.test", "r.abc@komek.test")]


def test_until_it_is_stored_the_server_is_asked_to_try_again(settings):
    result = hand_over()
    assert result.exit_code == 75
    assert "try again" in result.output
    settings["KOMEK_PORT"] = "none"
    assert hand_over().exit_code == 75


def test_the_listener_must_be_told_where(komek):
    result = komek("listen")
    assert result.exit_code == 1
    assert "KOMEK_LMTP" in result.output
