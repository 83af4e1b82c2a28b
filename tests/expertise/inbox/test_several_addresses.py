"""One mail to several reply addresses reaches every case, and is answered once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from expertise.inbox.process import process_waiting, receive_mail
from expertise.mail.inbound.store import Envelope

ME = "requester@example.kz"


@pytest.fixture
def two(postbox, env, references, asked):
    """Letters to the requester about the deliverable and about its request."""
    return asked, postbox.letter_like("requester", "comment_added", {}, env.case(references[0]).id)


def acts(env, reference):
    return [event.act for event in env.events(reference)]


def test_a_comment_reaches_both_cases(postbox, env, references, two):
    raw = postbox.write(ME, f"{two[0].reply}, {two[1].reply}", "Смета не готова.")
    mail = postbox.take(raw, two[0].reply, ME)
    assert mail.state == "commented"
    assert [acts(env, reference)[-1] for reference in references] == ["mail:comment:add"] * 2
    (receipt,) = postbox.receipts()
    assert all(reference in receipt.context["comment"]["ru"] for reference in references)


def test_a_word_is_executed_where_it_means_something(postbox, env, references, two):
    raw = postbox.write(ME, two[1].reply, "Принять", Cc=two[0].reply)
    assert postbox.take(raw, two[1].reply, ME).state == "applied"
    assert env.case(references[1]).state == "accepted"
    (receipt,) = postbox.receipts()
    assert all(reference in receipt.context["comment"]["ru"] for reference in references)
    assert sorted(receipt.context["cases"]) == sorted(references)


def test_the_receipt_of_several_takes_its_steps_back_by_line(postbox, env, references, two):
    raw = postbox.write(ME, f"{two[1].reply}, {two[0].reply}", "Принять")
    postbox.take(raw, two[0].reply, ME)
    number = postbox.receipts()[-1].context["cases"].index(references[1]) + 1
    assert postbox.answer("requester", postbox.letter("requester"), f"{number} отменить").state == "applied"
    assert env.case(references[1]).state == "review"


def test_two_letters_about_one_case_are_one(postbox, env, deliverable, asked):
    other = postbox.letter_like("requester", "comment_added", {}, env.case(deliverable).id)
    before = len(acts(env, deliverable))
    postbox.take(postbox.write(ME, f"{asked.reply}, {other.reply}", "Позже"), asked.reply, ME)
    assert acts(env, deliverable)[before:] == ["mail:comment:add"]


def test_an_address_of_somebody_else_hinders_nothing_and_is_said(postbox, env, references, asked, deliverable):
    other = postbox.letter_like("coordinator", "comment_added", {}, env.case(references[0]).id)
    before = len(acts(env, references[0]))
    mail = postbox.take(postbox.write(ME, f"{other.reply}, {asked.reply}", "Принять"), other.reply, ME)
    assert (mail.state, env.case(deliverable).state) == ("applied", "accepted")
    assert len(acts(env, references[0])) == before
    (receipt,) = postbox.receipts()
    assert receipt.letter == "mail_receipt" and "другие адреса" in receipt.context["comment"]["ru"]


def test_an_expired_address_before_a_good_one_hinders_nothing(postbox, env, references, time, deliverable):
    old = postbox.letter_like("requester", "comment_added", {}, env.case(references[0]).id)
    time.move(timedelta(days=181))
    good = postbox.letter_like("requester", "comment_added", {}, env.case(deliverable).id)
    mail = postbox.take(postbox.write(ME, f"{old.reply}, {good.reply}", "Позже"), old.reply, ME)
    assert mail.state == "commented"
    assert acts(env, deliverable)[-1] == "mail:comment:add"


@pytest.mark.parametrize("again", [False, True])
def test_recipients_that_only_the_envelope_names(postbox, env, references, two, again):
    """A blind copy: the server hands it over for both at once, or one by one."""
    raw = postbox.write(ME, "komek@example.kz", "Позже")
    addresses = [letter.reply for letter in two]
    rounds = [(address,) for address in addresses] if again else [addresses]
    for first, *others in rounds:
        receive_mail(env.transactions, raw, Envelope("lmtp", ME, first, tuple(others)))
        process_waiting(env.transactions, env.services, postbox.post)
    assert [acts(env, reference).count("mail:comment:add") for reference in references] == [1, 1]
    assert len(postbox.receipts()) == len(rounds)
    for address in addresses * 2:
        receive_mail(env.transactions, raw, Envelope("lmtp", ME, address))
        process_waiting(env.transactions, env.services, postbox.post)
    assert [acts(env, reference).count("mail:comment:add") for reference in references] == [1, 1]
    assert len(postbox.receipts()) == len(rounds)


def test_numbered_lines_belong_to_the_digest(postbox, env, references, asked, deliverable):
    digest = postbox.letter_like("requester", "comment_added", {"cases": [references[0], deliverable]})
    mail = postbox.take(postbox.write(ME, f"{asked.reply}, {digest.reply}", "2 принять"), asked.reply, ME)
    assert (mail.state, env.case(deliverable).state) == ("applied", "accepted")


def test_a_file_reaches_both_cases(postbox, env, references, two):
    from tests.support.golden import PDF  # noqa: PLC0415 only here

    raw = postbox.write(
        ME, f"{two[0].reply}, {two[1].reply}", "Во вложении.", attachments=(("акт.pdf", PDF), ("a.exe", b"MZ"))
    )
    assert postbox.take(raw, two[0].reply, ME).state == "commented"
    assert postbox.receipts()[-1].context["comment"]["ru"].count("a.exe") == 1
