"""Every answer in tests/mails is parted and understood exactly as written there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from expertise.mail.inbound.commands import parse_reply
from expertise.mail.inbound.quotes import remove_tokens, split_quotations

MAILS = Path(__file__).parents[3] / "mails"
REPLIES = {
    f"{file.stem}:{name}": reply
    for file in sorted(MAILS.glob("replies*.yaml"))
    for name, reply in yaml.safe_load(file.read_text(encoding="utf-8")).items()
}


@pytest.mark.parametrize("name", REPLIES)
def test_own_words_are_parted_from_the_quotation(name):
    reply = REPLIES[name]
    folded = split_quotations(reply["text"])
    assert folded.own == reply["own"].strip()
    lines = [line.strip() for line in f"{folded.own}\n{folded.quoted}".split("\n") if line.strip()]
    assert sorted(lines) == sorted(line.strip() for line in reply["text"].split("\n") if line.strip())


@pytest.mark.parametrize("name", REPLIES)
def test_commands_are_found_where_they_stand(name):
    reply = REPLIES[name]
    said = parse_reply(split_quotations(reply["text"]).own)
    assert [command.word.value for command in said.commands] == reply["commands"]
    assert (said.meant.value if said.meant else None) == reply.get("meant")


def test_what_lets_somebody_act_is_veiled():
    token = "abcdefghijklmnopqrstuvwxyz234567"
    text = (
        f"Пишет Komek <r.{token}@komek.example.kz>:\n> https://komek.example.kz/act/{token}\n"
        f"> https://komek.example.kz/act/{token[:20]}=\n> {token[20:]}\n> /letters/stop/{token.upper()}\nr.s. спасибо"
    )
    veiled = remove_tokens(text)
    assert token[:10] not in veiled and token[22:] not in veiled and token.upper() not in veiled
    assert veiled.count("…") == 4 and "Пишет Komek <r.…@komek.example.kz>" in veiled and "r.s. спасибо" in veiled
