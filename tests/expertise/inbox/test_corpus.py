"""Every mail in tests/mails goes the whole way, and becomes exactly what is written there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from expertise.base.database import table_of
from expertise.files.model import StoredFile
from expertise.mail.model import OutgoingLetter
from tests.support import hurtful
from tests.support.postbox import AUTHSERV, DOMAIN, RESULTS

MAILS = Path(__file__).parents[2] / "mails"
OTHERS = yaml.safe_load((MAILS / "others.yaml").read_text(encoding="utf-8"))
REPLIES = {
    f"{file.stem}:{name}": reply
    for file in sorted(MAILS.glob("replies*.yaml"))
    for name, reply in yaml.safe_load(file.read_text(encoding="utf-8")).items()
}
ME = "requester@example.kz"
#: What a letter about a deliverable under review can be told by its requester: a word → what becomes of the mail.
TOLD = {"accept": "applied", "stop": "applied", "done": "receipted", "postpone": "receipted", "status": "receipted"}
TOLD |= {"help": "receipted", "comment": "commented"}


def written(sample, to):
    """The bytes of a sample that is said in YAML."""
    lines = [] if sample.get("from") == "" else [f"From: {sample.get('from', ME)}"]
    lines += [f"To: Komek <{to}>"]
    kept = {"Subject": sample.get("subject", "Re: Komek"), "Date": "Mon, 2 Mar 2026 11:00:00 +0500"}
    kept["Message-ID"] = "<sample@example.kz>"
    lines += [f"{name}: {value}" for name, value in kept.items() if name not in sample.get("drop", ())]
    head = hurtful.HEADS[sample["head_of"]] if "head_of" in sample else sample.get("head", "")
    if "report" in sample:
        head, body = hurtful.report(*sample["report"])
    else:
        body = hurtful.LONG if sample.get("body_of") == "long" else sample.get("body", "")
    raw = "\n".join([*lines, *([head] if head else []), "", ""]).encode()
    raw += bytes.fromhex(sample["raw_body"]) if "raw_body" in sample else body.encode(sample.get("charset", "utf-8"))
    return word_of_ours(sample) + raw


def word_of_ours(sample):
    auth = sample.get("auth", "pass")
    if auth == "nothing":
        return b""
    domain = sample.get("from", ME).strip("<>").rpartition("@")[2].rstrip(";)>").encode("idna").decode() or "nobody"
    return f"Authentication-Results: {AUTHSERV}; {RESULTS[auth].format(domain=domain)}\n".encode()


def test_there_are_enough_of_them():
    assert len(OTHERS) + len(REPLIES) >= 80


@pytest.mark.parametrize("name", OTHERS)
def test_what_becomes_of_it(postbox, env, asked, deliverable, name):
    sample = OTHERS[name]
    to = {"reply": asked.reply, "bounce": asked.bounce, "house": f"komek@{DOMAIN}"}[sample.get("to", "reply")]
    raw = getattr(hurtful, sample["build"])(to) if "build" in sample else written(sample, to)
    files_before = len(env.rows(table_of(StoredFile)))
    mail = postbox.take(raw, to, sample.get("envelope", ME))
    assert (mail.state, mail.reason) == (sample["state"], sample.get("reason"))
    assert [row.letter for row in postbox.receipts()] == ([sample["answer"]] if "answer" in sample else [])
    assert env.case(deliverable).state == sample.get("case", "review")
    if "flags" in sample:
        assert mail.verdict["flags"] == sample["flags"]
    if "files" in sample:
        assert len(env.rows(table_of(StoredFile))) - files_before == sample["files"]
    if "letter" in sample:
        assert {row.id: row.state for row in env.rows(table_of(OutgoingLetter))}[asked.id] == sample["letter"]
    assert env.verify().broken == ()


@pytest.mark.parametrize("name", REPLIES)
def test_what_becomes_of_a_reply(postbox, env, asked, deliverable, name):
    reply = REPLIES[name]
    mail = postbox.answer("requester", asked, reply["text"])
    words = reply["commands"]
    numbered = name.endswith(("digest_ru", "yandex_en"))  # they name lines of a digest, which this letter is not
    expected = "receipted" if numbered else TOLD[words[0]] if words else "commented"
    assert mail.state == expected
    accepted = words == ["accept"]
    assert env.case(deliverable).state == ("accepted" if accepted else "review")
    asks_back = reply.get("meant") == "accept"
    assert (postbox.receipts()[-1].letter == "mail_confirm") >= asks_back
