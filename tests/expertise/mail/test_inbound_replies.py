"""Every answer in tests/mails is parted and understood exactly as written there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from expertise.mail.inbound_commands import understand
from expertise.mail.inbound_quotes import fold

MAILS = Path(__file__).parents[2] / "mails"
REPLIES = {
    f"{file.stem}:{name}": reply
    for file in sorted(MAILS.glob("replies*.yaml"))
    for name, reply in yaml.safe_load(file.read_text(encoding="utf-8")).items()
}


@pytest.mark.parametrize("name", REPLIES)
def test_own_words_are_parted_from_the_quotation(name):
    reply = REPLIES[name]
    folded = fold(reply["text"])
    assert folded.own == reply["own"].strip()
    lines = [line.strip() for line in f"{folded.own}\n{folded.quoted}".split("\n") if line.strip()]
    assert sorted(lines) == sorted(line.strip() for line in reply["text"].split("\n") if line.strip())


@pytest.mark.parametrize("name", REPLIES)
def test_commands_are_found_where_they_stand(name):
    reply = REPLIES[name]
    said = understand(fold(reply["text"]).own)
    assert [command.word.value for command in said.commands] == reply["commands"]
    assert (said.meant.value if said.meant else None) == reply.get("meant")
