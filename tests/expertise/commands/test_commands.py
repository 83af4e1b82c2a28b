"""Each command: what it does, its exit code, where its errors go, and an example in its help."""

from __future__ import annotations

import re
import socket
import sqlite3
from contextlib import closing
from shutil import copytree

import click
import pytest
from sqlalchemy import func, select, text

from expertise import config, registry, worker
from expertise.app import create_app
from expertise.audit import history
from expertise.base import clock
from expertise.cases import desk
from expertise.cli import main
from expertise.commands.output import ProgressLine
from expertise.files.model import StoredFile
from expertise.mail.model import OutgoingLetter
from expertise.people import access
from expertise.people.access import IMPORT
from expertise.people.auth import second_factor, totp
from expertise.people.auth.sessions import find_session, start_session
from expertise.people.auth.sign_in import SignInRefused, sign_in
from expertise.people.manage import pending_changes
from expertise.people.model import Person

SECRET = "s" * 32


def leaves(group=main, path=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", [*leaves()], ids=" ".join)
def test_every_command_has_help_with_an_example(komek, path):
    answer = komek(*path, "--help")
    assert answer.exit_code == 0 and "Example:" in answer.stdout and "komek " + " ".join(path) in answer.stdout


def test_the_issue_s_commands_are_all_there():
    assert {" ".join(path) for path in leaves()} >= {
        "init", "demo", "serve", "worker", "audit verify",
        "process check", "process draw", "process list", "import requests",
    }  # fmt: skip


def test_the_index_of_the_search_is_written_anew(komek):
    assert komek("init").exit_code == 0
    answer = komek("search", "rebuild")
    assert answer.exit_code == 0 and answer.stdout == "Every case is indexed anew.\n"


# --- init -------------------------------------------------------------------------------------


def test_init_makes_a_database_and_may_be_repeated(komek, tmp_path):
    assert komek("init").exit_code == 0
    again = komek("init")
    assert again.exit_code == 0 and "komek.sqlite" in again.stdout
    with closing(sqlite3.connect(tmp_path / "data" / "komek.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM regions").fetchone() == (20,)
        assert database.execute("SELECT count(*) FROM definitions").fetchone() == (len(registry.load()),)


def test_init_says_what_happens_and_how_far(komek):
    first = komek("init").stderr.splitlines()
    assert first[0].startswith("Tables, migrations: 0 of ") and first[-2].endswith("(100 %)")
    assert len(first) > 10 and first[-1].startswith("Filling in regions")
    assert komek("init").stderr.splitlines()[0] == "The tables are those of this version."


def test_how_far_something_is_stands_in_few_lines_of_a_log_and_in_one_of_a_terminal(capsys, monkeypatch):
    progress = ProgressLine("Events")
    for number in range(1000):
        progress(number + 1, 1000, "02.03.2026")
    lines = capsys.readouterr().err.splitlines()
    assert 20 <= len(lines) <= 22 and lines[-1] == "Events: 1000 of 1000 (100 %), 02.03.2026"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = ProgressLine("Events")
    for number in range(3):
        progress(number + 1, 3)
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1 and shown.count("\r") == 3 and shown.endswith("3 of 3 (100 %)\n")


def test_init_without_a_database_says_so_in_one_sentence(komek, settings):
    settings["KOMEK_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    answer = komek("init")
    assert answer.exit_code == 1 and answer.stdout == ""
    assert "The database does not answer" in answer.stderr and answer.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["init"], ["audit", "verify"]])
def test_a_wrong_setting_stops_the_start_with_one_sentence(komek, settings, command):
    settings["KOMEK_PORT"] = "eighty"
    answer = komek(*command)
    assert answer.exit_code == 1 and answer.stderr.count("\n") == 1 and "KOMEK_PORT" in answer.stderr


# --- serve and worker -------------------------------------------------------------------------


def test_serve_wants_a_secret(komek):
    answer = komek("serve")
    assert answer.exit_code == 1 and "KOMEK_SECRET_KEY is missing" in answer.stderr


def test_serve_and_worker_want_a_prepared_database(komek, settings, tmp_path):
    settings["KOMEK_SECRET_KEY"] = SECRET
    settings["KOMEK_SMTP_URL"] = "smtp://127.0.0.1:1"
    (tmp_path / "data").mkdir()
    for command in ("serve", "worker"):
        answer = komek(command)
        assert answer.exit_code == 1 and "run `komek init` first" in answer.stderr


def test_serve_says_when_its_port_is_taken(komek, settings):
    settings["KOMEK_SECRET_KEY"] = SECRET
    komek("init")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings["KOMEK_PORT"] = taken.getsockname()[1]
        answer = komek("serve")
    assert answer.exit_code == 1 and "choose another with KOMEK_PORT" in answer.stderr


def test_the_worker_wants_a_mail_server(komek):
    answer = komek("worker")
    assert answer.exit_code == 1 and "KOMEK_SMTP_URL is missing" in answer.stderr


def test_the_worker_needs_the_secret_that_the_links_of_letters_are_made_from(komek, settings):
    settings["KOMEK_SMTP_URL"] = "smtp://127.0.0.1:1"
    komek("init")
    answer = komek("worker", "--once")
    assert answer.exit_code == 1 and "KOMEK_SECRET_KEY is missing" in answer.stderr


def test_the_worker_works_off_once_what_is_due(komek, settings):
    settings["KOMEK_SMTP_URL"] = "smtp://127.0.0.1:1"
    settings["KOMEK_SECRET_KEY"] = SECRET
    komek("init")
    assert komek("worker", "--once").exit_code == 0


# --- audit ------------------------------------------------------------------------------------


@pytest.fixture
def env(komek, tmp_path):
    komek("init")
    opened = create_app(config.read({"KOMEK_DATA": str(tmp_path / "data")})).extensions["komek"]
    yield opened
    opened.transactions.engine.dispose()


@pytest.fixture
def cases(env):
    def begin(title):
        unit = lambda session: desk.open_case(  # noqa: E731
            desk.Unit(session, env.services), IMPORT, "expertise_request", {"title": title}, title
        )
        return env.transactions.run(unit).reference

    return [begin("Water"), begin("Waste")]


def test_verify_counts_what_holds(komek, cases):
    answer = komek("audit", "verify")
    assert answer.exit_code == 0 and "2 events of 2 cases" in answer.stdout


def test_verify_names_the_first_broken_event(komek, env, cases):
    with env.transactions.engine.begin() as database:
        database.execute(text("DROP TRIGGER events_no_update"))
        database.execute(text("UPDATE events SET act = 'person:case:forge' WHERE case_id = 2"))
    answer = komek("audit", "verify")
    assert answer.exit_code == 1 and answer.stdout == ""
    assert f"{cases[1]}, event 1: the columns say something else than the event." in answer.stderr
    assert komek("audit", "verify", cases[0]).exit_code == 0
    assert komek("audit", "verify", cases[1]).exit_code == 1


def test_verify_knows_no_case_that_is_not_there(komek, cases):
    answer = komek("audit", "verify", "ER-1999-0001")
    assert answer.exit_code == 1 and "There is no case" in answer.stderr


def test_files_names_what_is_missing(komek, env, cases, tmp_path):
    assert "0 files: every one is as it came" in komek("audit", "files").stdout
    row = {"key": "f1", "sha256": "ab" * 32, "size": 1, "name": "a.txt", "media_type": "text/plain", "at": clock.now()}
    person = {"key": "p1", "name": "A", "email": "a@example.kz"}
    with env.transactions.write() as session:
        session.add(Person(id=1, created_at=clock.now(), **person))
        session.flush()
        session.add(StoredFile(case_id=2, uploaded_by_id=1, **row))
    answer = komek("audit", "files")
    assert answer.exit_code == 1 and answer.stdout == ""
    assert f"{cases[1]}, file f1: its content is not in the store: {row['sha256']}." in answer.stderr
    assert "1 of 1 files are not as they came." in answer.stderr


# --- workflow ---------------------------------------------------------------------------------


def test_list_names_every_workflow(komek):
    answer = komek("process", "list")
    assert answer.exit_code == 0 and all(key in answer.stdout for key in registry.load())


def test_check_finds_the_shipped_definitions_sound(komek):
    answer = komek("process", "check")
    assert answer.exit_code == 0 and answer.stdout.count("is sound") == len(registry.load())


def test_check_reports_every_fault_of_a_broken_file(komek, tmp_path):
    file = tmp_path / "expert_offer.yaml"
    original = (registry.DEFINITIONS / "expert_offer.yaml").read_text(encoding="utf-8")
    file.write_text(original.replace("initial: sent", "initial: gone").replace("type: date", "type: moon"), "utf-8")
    answer = komek("process", "check", file)
    assert answer.exit_code == 1 and "moon" in answer.stderr and "Traceback" not in answer.stderr
    file.write_text(original.replace("initial: sent", "initial: gone"), "utf-8")
    assert "gone" in komek("process", "check", file).stderr


def test_check_reads_no_yaml_as_a_fault(komek, tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_bytes(b"workflow: [\x00\xff")
    answer = komek("process", "check", file)
    assert answer.exit_code == 1 and "broken.yaml" in answer.stderr


def test_check_judges_a_file_of_any_name(komek, tmp_path):
    file = tmp_path / "draft.yaml"
    text = (registry.DEFINITIONS / "expert_offer.yaml").read_text(encoding="utf-8")
    file.write_text(text, "utf-8")
    version = re.search(r"^version: (\d+)$", text, re.MULTILINE)[1]
    assert f"expert_offer version {version} is sound" in komek("process", "check", file).stdout


@pytest.mark.parametrize(
    ("option", "beginning"), [([], "<svg"), (["--mermaid"], "flowchart"), (["--language", "kk"], "<svg")]
)
def test_draw_gives_a_drawing(komek, option, beginning):
    answer = komek("process", "draw", "expert_offer", *option)
    assert answer.exit_code == 0 and answer.stdout.startswith(beginning)


def test_draw_knows_its_workflows(komek):
    answer = komek("process", "draw", "nothing")
    assert answer.exit_code == 1 and "expertise_request" in answer.stderr


# --- person -----------------------------------------------------------------------------------


def test_a_person_can_be_added_and_deactivated(komek, env):
    words = ["--role", "coordinator", "--region", "KZ-43", "--password", "a sentence to remember"]
    answer = komek("person", "add", "Coordinator, Kyzylorda", "Coordinator@Example.kz", *words)
    assert answer.exit_code == 0, answer.stderr
    with env.transactions.write() as session:
        entered = sign_in(session, "coordinator@example.kz", "a sentence to remember", "127.0.0.1", clock.now())
        actor = access.load_actor(session, entered.person_id, clock.now().date())
    assert actor.grants == (access.HeldGrant("coordinator", "KZ-43"),)
    assert komek("person", "deactivate", "coordinator@example.kz").exit_code == 0
    with env.transactions.write() as session:
        refused = sign_in(session, "coordinator@example.kz", "a sentence to remember", "127.0.0.1", clock.now())
    assert isinstance(refused, SignInRefused)


@pytest.mark.parametrize(
    ("email", "password", "more", "said"),
    [
        ("no address", "a sentence to remember", [], "The email cannot be used"),
        ("a@example.kz", "short", [], "at least 12 characters"),
        ("a@example.kz", "astana202612", [], "the name of a place in Kazakhstan"),
        ("a@example.kz", "project-team-12", [], "your name, your address or your organisation"),
        ("abdrakhmanov@example.kz", "abdrakhmanov1", [], "your name, your address or your organisation"),
        ("a@example.kz", "a sentence to remember", ["--organisation", "nobody"], "no organisation nobody"),
        ("a@example.kz", "a sentence to remember", ["--region", "KZ-99"], "no region KZ-99"),
    ],
)
def test_a_person_who_cannot_be_added_is_not(komek, env, email, password, more, said):
    answer = komek("person", "add", "Auditor", email, "--role", "auditor", "--password", password, *more)
    assert answer.exit_code == 1 and said in answer.stderr
    with env.transactions.read() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_a_person_is_invited_when_no_password_is_asked_for(komek, env):
    answer = komek("person", "add", "Coordinator", "coordinator@example.kz", "--role", "coordinator")
    assert answer.exit_code == 0, answer.stderr
    assert "is invited by mail" in answer.stdout and "KOMEK_SMTP_URL" in answer.stderr
    with env.transactions.read() as session:
        letter = session.scalars(select(OutgoingLetter)).one()
        assert (letter.letter, letter.context["link"][:29]) == ("invitation", "http://127.0.0.1:8000/passes/")
        assert session.scalars(select(Person)).one().password is None


def test_the_command_line_decides_what_waits(komek, env):
    komek("person", "add", "One", "one@example.kz", "--role", "administrator", "--password", "a sentence to remember")
    komek("person", "add", "Two", "two@example.kz", "--role", "requester", "--password", "a sentence to remember")
    with env.transactions.write() as session:
        people = {person.name: person for person in session.scalars(select(Person))}
        for values in ({"role": "approver"}, {"role": "coordinator", "region": "KZ-43"}):
            asked = people["One"].id
            pending_changes.ask(
                session, people["Two"], pending_changes.Guarded.ROLE, values, asked_by_id=asked, now=clock.now()
            )
    listed = komek("person", "pending").stdout.splitlines()
    assert [line.split()[:4] for line in listed] == [
        ["1", "two@example.kz", "role", "approver"],
        ["2", "two@example.kz", "role", "coordinator"],
    ]
    assert komek("person", "confirm", "1").exit_code == komek("person", "refuse", "2").exit_code == 0
    for word in ("confirm", "refuse"):
        again = komek("person", word, "1")
        assert again.exit_code == 1 and "No change 1 waits any more." in again.stderr
    with env.transactions.read() as session:
        actor = access.load_actor(session, people["Two"].id, clock.now().date())
        assert {grant.role for grant in actor.grants} == {"requester", "approver"}
        acts = [(each.act, each.actor) for each in history.read(session, history.person(people["Two"].key))]
        assert ("change:confirm", history.COMMAND_LINE) in acts and ("change:refuse", history.COMMAND_LINE) in acts


def test_emergencies_are_done_at_once_and_reported(komek, env):
    for name, role in (("one", "administrator"), ("two", "administrator"), ("three", "approver")):
        komek("person", "add", name, f"{name}@example.kz", "--role", role, "--password", "a sentence to remember")
    assert komek("person", "give-role", "one@example.kz", "approver").exit_code == 0
    assert komek("person", "give-role", "one@example.kz", "approver", "--region", "KZ-99").exit_code == 1
    assert komek("person", "change-address", "three@example.kz", "New@example.kz").exit_code == 0
    assert komek("person", "change-address", "new@example.kz", "one@example.kz").exit_code == 1
    assert komek("person", "deactivate", "new@example.kz").exit_code == 0
    assert komek("person", "reactivate", "new@example.kz").exit_code == 0
    worker.report(env.transactions, env.services, "https://komek.example")
    with env.transactions.read() as session:
        names = dict(session.execute(select(Person.id, Person.name)).all())
        rows = session.scalars(select(OutgoingLetter).order_by(OutgoingLetter.id)).all()
        told = [(row.letter, names[row.recipient_id], row.address) for row in rows]
    assert told == [
        ("account_changed", "one", None),
        ("account_reported", "two", None),
        ("account_changed", "three", None),
        ("account_changed", "three", "three@example.kz"),
        ("account_reported", "one", None),
        ("account_reported", "two", None),
        ("account_changed", "three", None),
        ("account_reported", "one", None),
        ("account_reported", "two", None),
    ]


def test_nobody_unknown_is_deactivated(komek, env):
    assert komek("person", "deactivate", "ghost@example.kz").exit_code == 1


def test_a_lost_telephone_is_forgotten_and_every_session_ends(komek, env):
    words = ["--role", "auditor", "--password", "a sentence to remember"]
    komek("person", "add", "Auditor", "auditor@example.kz", *words)
    with env.transactions.write() as session:
        person = session.scalar(select(Person).where(Person.email == "auditor@example.kz"))
        begun = second_factor.begin(session, person, SECRET)
        code = totp.code(begun.secret, int(clock.now().timestamp()) // 30)
        assert not isinstance(second_factor.confirm(session, person, code, SECRET, clock.now()), SignInRefused)
        token = start_session(session, person.id, clock.now())
    assert komek("person", "forget-telephone", "auditor@example.kz").exit_code == 0
    with env.transactions.write() as session:
        assert not second_factor.has(session, person.id)
        assert find_session(session, token, clock.now()) is None
    assert komek("person", "forget-telephone", "ghost@example.kz").exit_code == 1


# --- one bad file -----------------------------------------------------------------------------


@pytest.fixture
def spoilt(tmp_path, monkeypatch):
    """The shipped workflows, but the file of offers is no YAML."""
    folder = tmp_path / "definitions"
    copytree(registry.DEFINITIONS, folder)
    (folder / "expert_offer.yaml").write_text("workflow: [", encoding="utf-8")
    monkeypatch.setattr(registry, "DEFINITIONS", folder)
    return folder


def test_a_bad_file_is_told_and_the_others_are_judged(komek, spoilt):
    answer = komek("process", "check")
    assert answer.exit_code == 1 and "expert_offer.yaml:2:1: " in answer.stderr
    assert "expertise_request version" in answer.stdout and "Not sound: expert_offer." in answer.stderr
    listed = komek("process", "list")
    assert listed.exit_code == 0 and "expert_offer" in listed.stdout and "out of service" in listed.stdout
    assert komek("process", "check", spoilt / "deliverable.yaml").exit_code == 0


def test_a_bad_file_does_not_stop_init(komek, spoilt):
    answer = komek("init")
    assert answer.exit_code == 0, answer.output
    assert "Out of service: expert_offer.yaml:2:1: " in answer.stderr


def test_a_file_is_drawn_whether_it_is_in_force_or_not(komek, tmp_path):
    file = tmp_path / "mine.yaml"
    text = (registry.DEFINITIONS / "expert_offer.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("en: Expired", "en: Run out"), encoding="utf-8")
    for option, begins in (("--mermaid", "flowchart"), ("--language=en", "<svg")):
        answer = komek("process", "draw", file, option)
        assert answer.exit_code == 0 and answer.stdout.startswith(begins) and "Run out" in answer.stdout
    file.write_text("workflow: [", encoding="utf-8")
    answer = komek("process", "draw", file)
    assert answer.exit_code == 1 and f"{file}:2:1: " in answer.stderr
    assert "There is no file" in komek("process", "draw", tmp_path / "none.yaml").stderr
