"""Every record becomes a draft, a request, or a line that says why not; doing it again changes nothing."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from expertise.audit import trail
from expertise.audit.model import PrivateValue
from expertise.cases import desk
from expertise.cases.actions.comment import Received
from expertise.cases.model import Case
from expertise.cases.notify import expand
from expertise.cases.notify.intents import IMPORTED, INTENTS
from expertise.importing import expertise_requests
from expertise.importing.report import TEXTS
from expertise.mail.model import OutgoingLetter
from expertise.people.access import Actor, HeldGrant
from workflows.definition import LANGUAGES

ASSISTANCE = {
    "id": "AID-1",
    "kind": "training",
    "title": "Training of rural akims in budget planning",
    "country": "KZ",
    "region": "Mangystau",
    "requester": "Division of Economy and Budget Planning",
    "provider": "A project",
    "funder": "EU",
    "topic": "local_governance",
    "dac_code": "15111",
    "date_issued": None,
    "date_start": "2015-01-13",
    "date_end": "2016",
    "expert_days": 1,
    "amount": 326802.56,
    "currency": "EUR",
    "summary": "Budgets for rural districts.\nMore than 40 people took part.",
    "source_url": "http://example.kz/training",
    "note": None,
}
COMPLETE = {
    **ASSISTANCE,
    "id": "AID-2",
    "contact_person": "Head of the division",
    "contact_email": "budget@example.kz",
    "priority": "Development programme 2021-2025",
    "expected_result": "Akims who can plan their budgets",
    "consent": True,
}
CHALLENGE = {
    "id": "waste_in_erdenet",
    "file": "__pages__/waste.md",
    "type": "learningplan",
    "title": "Waste  recycling\nin Erdenet",
    "countries": ["Mongolia"],
    "year": "2023",
    "challenge": "Our challenge is that waste is not sorted.",
    "qa": [{"section": "Partners", "question": "Who?", "answer": "The city"}],
    "partners": ["The city"],
}


def cases(importer):
    with importer.transactions.read() as session:
        return session.execute(select(Case.__table__).order_by(Case.id)).all()


def comments(importer):
    with importer.transactions.read() as session:
        wanted = select(PrivateValue.value).where(PrivateValue.name == "comment").order_by(PrivateValue.sequence)
        return [json.loads(value) for value in session.scalars(wanted)]


def remarks(line):
    return {remark.code: remark for remark in line.remarks}


def test_a_record_without_consent_stays_a_draft_and_the_report_says_what_is_missing(importer):
    (line,) = importer.bring(ASSISTANCE)
    (case,) = cases(importer)
    assert (line.outcome, line.reference, case.state) == ("drafted", case.reference, "draft")
    assert (case.region, case.topic, case.external_reference) == ("KZ-47", "local_governance", "AID-1")
    assert case.fields["help_wanted"] == "training" and case.fields["desired_start"] == "2015-01-13"
    assert "latest_date" not in case.fields  # a year is no day
    assert "Priority" not in line.in_language("kk") and "Local policy priority" in line.in_language("en")
    assert "I agree to the processing" in line.in_language("en")


def test_a_draft_of_one_region_belongs_to_its_akimat(importer):
    importer.bring(ASSISTANCE)
    (case,) = cases(importer)
    with importer.transactions.read() as session:
        assert importer.services.names.organisation(session, case.organisation_id)["en"] == "Akimat of Mangystau Region"


def test_what_has_no_field_is_kept_in_a_comment(importer):
    importer.bring(ASSISTANCE)
    (comment,) = comments(importer)
    for kept in ("http://example.kz/training", "326802.56", "date_end: 2016", "region: Mangystau", "EU"):
        assert kept in comment


def test_a_complete_record_is_submitted(importer):
    (line,) = importer.bring(COMPLETE)
    (case,) = cases(importer)
    assert (line.outcome, line.remarks, case.state) == ("submitted", (), "submitted")


def test_a_challenge_from_abroad_is_a_draft_without_region(importer):
    (line,) = importer.bring(CHALLENGE)
    (case,) = cases(importer)
    assert line.outcome == "drafted" and "Mongolia" in remarks(line)["abroad"].in_language("kk")
    assert (case.region, case.title) == (None, "Waste recycling in Erdenet")
    assert case.fields["problem"] == CHALLENGE["challenge"]
    assert "Partners · Who? · The city" in comments(importer)[0]


def test_a_second_run_changes_nothing(importer):
    first = importer.bring(ASSISTANCE, COMPLETE, CHALLENGE)
    before = cases(importer)
    second = importer.bring(ASSISTANCE, COMPLETE, CHALLENGE)
    assert [line.outcome for line in second] == ["unchanged"] * 3
    assert [line.reference for line in second] == [line.reference for line in first]
    assert cases(importer) == before


def test_a_run_that_was_killed_goes_on(importer, monkeypatch):
    """Whatever stops it between two records: those before are whole, the others come next time."""
    take = expertise_requests._take

    def dying(session, services, actor, numbered):
        line = take(session, services, actor, numbered)
        if numbered[0] == 2:
            raise SystemExit  # inside the transaction of the second record
        return line

    monkeypatch.setattr(expertise_requests, "_take", dying)
    with pytest.raises(SystemExit):
        importer.bring(ASSISTANCE, COMPLETE, CHALLENGE)
    assert [case.external_reference for case in cases(importer)] == ["AID-1"]
    monkeypatch.undo()
    outcomes = [line.outcome for line in importer.bring(ASSISTANCE, COMPLETE, CHALLENGE)]
    assert outcomes == ["unchanged", "submitted", "drafted"]
    with importer.transactions.read() as session:
        assert trail.verify(session).broken == ()


def test_two_imports_at_once_make_one_case_of_each_record(importer):
    path = importer.write([{**ASSISTANCE, "id": f"AID-{number}"} for number in range(12)])
    with ThreadPoolExecutor(2) as together:
        reports = list(together.map(importer.take, [path, path]))
    assert sorted(case.external_reference for case in cases(importer)) == sorted(f"AID-{n}" for n in range(12))
    outcomes = [sorted(pair) for pair in zip(*([line.outcome for line in each.lines] for each in reports), strict=True)]
    assert outcomes == [["drafted", "unchanged"]] * 12


def test_a_case_that_was_given_another_source_does_not_come_again(importer):
    (line,) = importer.bring(ASSISTANCE)
    with importer.transactions.write() as session:
        desk.edit(
            desk.Unit(session, importer.services),
            desk.Request(importer.actor, line.reference, 1),
            {"source": "Letter No 5"},
        )
    (again,) = importer.bring(ASSISTANCE)
    assert (again.outcome, again.reference) == ("unchanged", line.reference)
    (changed,) = importer.bring({**ASSISTANCE, "title": "Another title"})
    assert (changed.outcome, changed.remarks[0].text) == ("refused", "key_reused")
    assert len(cases(importer)) == 1


@pytest.mark.parametrize(
    ("region", "code", "said"),
    [
        ("Mangystau; Kyzylorda", None, "regions_several"),
        ("South Kazakhstan", "KZ-61", None),
        ("Karaganda", "KZ-35", None),
        ("Abai", "KZ-10", None),
        ("all regions", None, "region_unknown"),
        ("Astana; pilot oblasts", None, "region_unknown"),
        (None, None, None),
    ],
)
def test_regions_are_found_by_any_of_their_names(importer, region, code, said):
    (line,) = importer.bring({**ASSISTANCE, "region": region})
    (case,) = cases(importer)
    assert case.region == code
    assert {"regions_several", "region_unknown"} & remarks(line).keys() == ({said} - {None})


def test_a_long_text_is_shortened_at_a_word_and_kept_whole_in_a_comment(importer):
    long = "Проблема водоснабжения сельских округов. " * 40
    (line,) = importer.bring({**ASSISTANCE, "summary": long})
    (case,) = cases(importer)
    problem = case.fields["problem"]
    assert len(problem) <= 1000 and problem.endswith("…") and long.startswith(problem[:-1])
    assert long[len(problem) - 1] in " ."
    assert "Описание проблемы" in remarks(line)["shortened"].in_language("ru")
    assert long.strip() in comments(importer)[0]


def test_values_that_do_not_fit_are_named_and_kept(importer):
    (line,) = importer.bring({**COMPLETE, "topic": "magic", "contact_email": "nobody", "help_wanted": 3})
    (case,) = cases(importer)
    assert line.outcome == "drafted" and not {"topic", "contact_email"} & case.fields.keys()
    assert {"Topic", "E-mail address", "Kind of help wanted"} == {
        name["en"] for name in remarks(line)["not_taken"].names
    }
    assert "magic" in comments(importer)[0] and "nobody" in comments(importer)[0]


def test_a_comment_as_long_as_it_takes(importer):
    answers = [{"section": "S", "question": "Q", "answer": f"answer {number} " * 400} for number in range(3)]
    importer.bring({**CHALLENGE, "qa": answers})
    in_language = comments(importer)
    assert len(in_language) > 2 and max(map(len, in_language)) <= 5000
    words = " ".join(in_language).split()
    assert all(words.count(str(number)) >= 400 for number in range(3))


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (17, "no_object"),
        (None, "no_object"),
        ([], "no_object"),
        ({**ASSISTANCE, "id": None}, "no_number"),
        ({**ASSISTANCE, "id": 7}, "no_number"),
        ({**ASSISTANCE, "id": "A\0"}, "no_number"),
        ({**ASSISTANCE, "title": "NUL \0"}, "control"),
        ({**ASSISTANCE, "title": "turned \u202e text"}, "control"),
        ({**ASSISTANCE, "title": "half \ud800"}, "control"),
        ({**ASSISTANCE, "summary": "x" * 1_000_000}, "too_long"),
        ({**ASSISTANCE, "colour": "red"}, "unknown_keys"),
        ({**CHALLENGE, "countries": [[[[[[[[[[[[[["deep"]]]]]]]]]]]]]]}, "too_deep"),
        ({"id": "LN-1", "title": "A loan", "borrower": "X", "lead_financier": "EBRD"}, "loan"),
    ],
)
def test_a_bad_record_gets_a_line_and_the_others_go_on(importer, record, code):
    importer.limits = type(importer.limits)(importer.limits.data, 4 * 1024 * 1024)
    path = importer.folder / "bad.json"

    path.write_text(json.dumps([record, ASSISTANCE]), encoding="ascii")
    bad, good = importer.take(path).lines
    assert (bad.number, bad.outcome, [remark.code for remark in bad.remarks]) == (1, "refused", [code])
    assert good.outcome == "drafted" and len(cases(importer)) == 1


def test_a_key_given_twice_is_refused_and_a_number_given_twice_as_well(importer):
    path = importer.write(b'[{"id": "a", "title": "one", "title": "two"}, {"id": "b"}, {"id": "b", "title": "x"}]')
    first, second, third = importer.take(path).lines
    assert [line.outcome for line in (first, second, third)] == ["refused", "drafted", "refused"]
    assert (first.remarks[0].code, third.remarks[0].code) == ("key_twice", "number_twice")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_json"),
        (b"[{]", "not_json"),
        (b"[" * 200_000, "not_json"),
        (b'{"id": "a"}', "not_list"),
        ('[{"id": "ә"}]'.encode("utf-16"), "not_utf8"),
        (b"[" + b" " * 2 * 1024 * 1024 + b"]", "file_large"),
        (b'[{"id": "LN-1", "borrower": "X", "loan_amount": 5}]', "loan"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(importer, content, code):
    (line,) = importer.take(importer.write(content)).lines
    assert (line.number, line.outcome, line.remarks[0].code) == (0, "refused", code)
    assert cases(importer) == []


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"NaN", "no_finite_number"),
        (b"-Infinity", "no_finite_number"),
        (b"1e999", "no_finite_number"),
        (b"1" + b"0" * 10_000, "no_finite_number"),
        (b'[{"a": NaN}]', "no_finite_number"),
        (b'{"a": 1, "a": 2}', "key_twice"),
        (b'[[{"a": 1, "a": 2}]]', "key_twice"),
    ],
)
def test_a_value_that_json_does_not_know_is_a_problem_of_its_record(importer, value, code):
    path = importer.write(b'[{"id": "a", "title": "T", "amount": ' + value + b'}, {"id": "b", "title": "B"}, NaN]')
    first, second, third = importer.take(path).lines
    assert (first.id, first.outcome, first.remarks[0].code) == ("a", "refused", code)
    assert (second.outcome, third.outcome, third.remarks[0].code) == ("drafted", "refused", "no_object")
    assert "amount" in first.in_language("ru")


def test_a_record_whose_region_is_mended_mends_its_draft(importer):
    lost = {**COMPLETE, "region": "Atlantis"}
    (line,) = importer.take(importer.write([lost])).lines
    assert (line.outcome, cases(importer)[0].region) == ("drafted", None)
    (again,) = importer.take(importer.write([lost])).lines
    assert again.outcome == "unchanged"
    (mended,) = importer.take(importer.write([COMPLETE])).lines
    assert (mended.outcome, mended.reference) == ("submitted", line.reference)
    assert [(case.region, case.state) for case in cases(importer)] == [("KZ-47", "submitted")]
    assert importer.take(importer.write([COMPLETE])).lines[0].outcome == "unchanged"


def test_a_draft_that_somebody_has_changed_is_left_alone(importer):
    importer.take(importer.write([{**ASSISTANCE, "region": "Atlantis"}]))
    somebody = Actor(key="somebody", grants=(HeldGrant("coordinator"),))
    with importer.transactions.write() as session:
        case = session.execute(select(Case.__table__)).one()
        asked = desk.Request(somebody, case.reference, case.version)
        assert isinstance(desk.comment(desk.Unit(session, importer.services), asked, Received("Взял")), desk.Done)
    (again,) = importer.take(importer.write([ASSISTANCE])).lines
    assert (again.outcome, cases(importer)[0].region) == ("unchanged", None)


def test_a_file_that_is_not_there_is_one_line(importer):
    (line,) = importer.take(importer.folder / "nowhere.json").lines
    assert line.remarks[0].code == "file_away"


def test_a_list_without_records_is_an_empty_report(importer):
    report = importer.take(importer.write([]))
    assert report.lines == () and report.totals("en").startswith("Records: 0.")


def test_a_mark_at_the_beginning_of_the_file_is_no_fault(importer):
    (line,) = importer.take(importer.write(b"\xef\xbb\xbf" + b'[{"id": "a", "title": "T"}]')).lines
    assert line.outcome == "drafted"


def test_the_file_is_kept_before_it_is_judged(importer):
    content = b"this is no JSON"
    importer.take(importer.write(content))
    kept = [path for path in (importer.limits.data / "received").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [content]


def test_somebody_without_the_right_is_told(importer):

    (line,) = importer.take(importer.write([ASSISTANCE]), actor=Actor(key="nobody")).lines
    assert line.outcome == "refused" and line.remarks[0].text == "wrong_role"


def test_every_sentence_is_there_in_three_languages():
    assert all(set(text) == set(LANGUAGES) and all(text.values()) for text in TEXTS.values())


def test_totals_count_every_outcome(importer):
    report = importer.take(importer.write([ASSISTANCE, COMPLETE, 5]))
    assert report.totals("ru") == "Записей: 3. Подано: 1, черновиков: 1, без изменений: 0, не принято: 1."
    assert report.refused == 1


@pytest.mark.skipif("KOMEK_TEST_REAL_DATA" not in os.environ, reason="KOMEK_TEST_REAL_DATA names no folder")
def test_the_real_files_come_in_whole_and_once(importer):
    folder = Path(os.environ["KOMEK_TEST_REAL_DATA"])
    importer.limits = type(importer.limits)(importer.limits.data, 20 * 1024 * 1024)
    files = [folder / name for name in ("ta_requests_handcollected.json", "undp_challenges.json")]
    first = [line for file in files for line in importer.take(file).lines]
    assert len(first) == 85 and {line.outcome for line in first} <= {"drafted", "submitted"}
    assert all(line.in_language(language) for line in first for language in LANGUAGES)
    second = [line for file in files for line in importer.take(file).lines]
    assert [line.outcome for line in second] == ["unchanged"] * 85
    with importer.transactions.read() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 85
        assert trail.verify(session).broken == ()
    (loans,) = importer.take(folder / "loans_pipeline_handcollected.json").lines
    assert loans.remarks[0].code == "loan"


def test_letters_about_an_imported_request_name_no_coordinator_as_its_author(importer):
    importer.take(importer.write([COMPLETE]))
    with importer.transactions.read() as session:
        roles = set(session.scalars(select(INTENTS.c.role)))
    assert roles == {IMPORTED}
    unit = desk.Unit
    with importer.transactions.write() as session:
        expand.expand(unit(session, importer.services))
        said = [row.context["actor_role"] for row in session.scalars(select(OutgoingLetter))]
    assert all(each["ru"] == "перенесено из другого реестра" for each in said)
