"""Mail that an administrator decides about: released, added to a case, discarded; never obeyed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from expertise.audit.model import PrivateValue
from expertise.base import clock
from expertise.base.database import table_of
from expertise.files.model import StoredFile
from expertise.inbox.process import process_waiting
from expertise.mail.inbound import quarantine
from expertise.mail.inbound.model import InboundMail
from expertise.mail.inbound.quarantine import AGAIN, ATTACH, RELEASE
from expertise.people.model import Person
from tests.support.golden import PDF
from tests.support.people import PEOPLE


@pytest.fixture
def administrator(env):
    env.add({"administrator": PEOPLE["administrator"]})
    return env.actor("administrator")


@pytest.fixture
def held(postbox, asked):
    """A mail from a private address of the requester's, with a file."""
    raw = postbox.write("private@mail.example.com", asked.reply, "ПРИНЯТЬ\nОт руки.", attachments=(("акт.pdf", PDF),))
    return postbox.take(raw, asked.reply, "private@mail.example.com")


def decide(postbox, mail_id, person, wish, case_id=None):
    with postbox.env.transactions.write() as session:
        mail = quarantine.locked(session, mail_id)
        done = quarantine.send_on(mail, wish, person.person_id, clock.now(), case_id)
    process_waiting(postbox.env.transactions, postbox.env.services, postbox.post)
    return done


def private(env, name):
    rows = env.rows(table_of(PrivateValue))
    return [row.value for row in rows if row.name == name]


def test_a_released_mail_is_its_owners_comment_and_takes_no_step(postbox, env, administrator, held, deliverable):
    assert (held.state, held.reason) == ("quarantined", "other_sender")
    assert decide(postbox, held.id, administrator, RELEASE)
    mail = postbox.mail(held.id)
    assert (mail.state, mail.handled_by_id) == ("commented", administrator.person_id)
    assert env.case(deliverable).state == "review"
    assert env.events(deliverable)[-1].actor == env.actor("requester").key
    assert postbox.receipts()[-1].letter == "mail_confirm"
    assert [each["what"] for each in mail.verdict["handled"]] == ["release"]
    assert not decide(postbox, held.id, administrator, RELEASE)


def test_a_mail_added_to_a_case_is_the_administrators_comment(postbox, env, administrator, references):
    raw = postbox.write("a@stranger.example.com", "komek@komek.example.kz", "Жалоба", attachments=(("a.pdf", PDF),))
    mail = postbox.take(raw, "komek@komek.example.kz")
    assert decide(postbox, mail.id, administrator, RELEASE) is False  # no letter of ours that it could belong to
    before = len(env.rows(table_of(StoredFile)))
    assert decide(postbox, mail.id, administrator, ATTACH, env.case(references[0]).id)
    mail = postbox.mail(mail.id)
    assert (mail.state, mail.reason, mail.case_id) == ("commented", "attached", env.case(references[0]).id)
    event = env.events(references[0])[-1]
    assert (event.actor, event.act) == (administrator.key, "person:comment:add")
    assert any("a@stranger.example.com" in value and "Жалоба" in value for value in private(env, "comment"))
    assert len(env.rows(table_of(StoredFile))) == before + 1
    assert env.verify().broken == ()


def test_a_mail_is_discarded_with_a_reason_once(postbox, env, administrator, held):
    with env.transactions.write() as session:
        mail = quarantine.locked(session, held.id)
        assert quarantine.discard(mail, "Реклама", administrator.person_id, clock.now())
        assert not quarantine.discard(mail, "Реклама", administrator.person_id, clock.now())
    mail = postbox.mail(held.id)
    assert (mail.state, mail.note, mail.handled_by_id) == ("discarded", "Реклама", administrator.person_id)
    assert not decide(postbox, held.id, administrator, ATTACH)


def test_machines_and_what_cannot_be_read_are_never_let_go(postbox, env, administrator, asked):
    unreadable = postbox.take(b"X" * 70_000, asked.reply)
    bounce = postbox.answer("requester", asked, "x", Auto_Submitted="auto-replied")
    for mail in (unreadable, bounce):
        assert not any(decide(postbox, mail.id, administrator, wish) for wish in (RELEASE, ATTACH, AGAIN))


def test_what_failed_by_our_fault_is_tried_again(postbox, env, administrator, asked, deliverable):
    mail = postbox.answer("requester", asked, "ПРИНЯТЬ", auth="none")
    with env.transactions.write() as session:
        row = session.get_one(InboundMail, mail.id)
        row.state, row.reason, row.verdict = "quarantined", "fault", {}
    assert decide(postbox, mail.id, administrator, AGAIN)
    assert postbox.mail(mail.id).state == "receipted"


def test_the_list_counts_and_turns_pages(postbox, env, held):
    with env.transactions.read() as session:
        page = quarantine.listing(session, "quarantined", 0, 1)
        assert (page.total, [mail.id for mail in page.mails]) == (1, [held.id])
        assert quarantine.listing(session, "quarantined", 1, 1).mails == []
        assert quarantine.counts(session) == {"quarantined": 1}
        assert "raw" not in page.mails[0]._mapping


def test_tokens_of_a_quoted_letter_are_not_kept_on_the_case(postbox, env, asked, deliverable):
    token = asked.reply.partition(".")[2].partition("@")[0]
    text = f"Позже.\n\n06.03.2026 10:15, Komek <{asked.reply}> пишет:\n> https://komek.example.kz/act/{token}\n"
    assert postbox.answer("requester", asked, text).state == "commented"
    assert any("Komek" in value for value in private(env, "quoted"))
    assert not [value for name in ("quoted", "comment") for value in private(env, name) if token in value]


def test_the_quotation_of_a_digest_stays_with_the_mail(postbox, env, deliverable, asked):
    digest = postbox.letter_like("requester", "comment_added", {"cases": [deliverable]})
    assert postbox.answer("requester", digest, "Позже.\n\n> Дело соседней области").state == "commented"
    assert not [value for value in private(env, "quoted") if "соседней" in value]


def test_who_has_left_vouches_for_nothing(postbox, env, administrator, held, references):
    with env.transactions.write() as session:
        session.scalars(select(Person).where(Person.id == administrator.person_id)).one().active = False
    assert decide(postbox, held.id, administrator, ATTACH, env.case(references[0]).id)
    mail = postbox.mail(held.id)
    assert (mail.state, mail.reason) == ("quarantined", "cannot_release")


def test_who_only_reads_says_nothing_by_mail_either(postbox, env, deliverable):
    env.add({"auditor": PEOPLE["auditor"]})
    letter = postbox.letter_like("auditor", "comment_added", {}, env.case(deliverable).id)
    before = env.case(deliverable)
    mail = postbox.answer("auditor", letter, "Почему так долго?")
    assert (mail.state, mail.reason) == ("quarantined", "comment_refused")
    assert env.case(deliverable) == before


@pytest.mark.parametrize("head", [{"Subject": "В отпуске с понедельника – замечания"}, {"Precedence": "bulk"}])
def test_what_waits_in_doubt_is_a_comment_once_it_is_released(postbox, env, administrator, asked, deliverable, head):
    mail = postbox.answer("requester", asked, "Смета завышена.", **head)
    assert (mail.state, mail.reason, postbox.receipts()) == ("quarantined", "doubtful", [])
    assert decide(postbox, mail.id, administrator, RELEASE)
    assert postbox.mail(mail.id).state == "commented"
    assert postbox.receipts()[-1].letter == "mail_receipt"
