"""`komek process`: processes of an installation are checked, compared, tried and published; the tutorial works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from expertise import config
from expertise.app import create_app
from tests.support.environment import Environment, done
from tests.support.people import PEOPLE, add_people
from tests.support.processes import EXAMPLE, KEY, VISIT, copy

ROOT = Path(__file__).parents[3]
SECOND = (("version: 1", "version: 2"), ("within: 5 working days", "within: 9 working days"))


@pytest.fixture
def root(tmp_path, settings):
    root = tmp_path / "processes"
    root.mkdir()
    settings["KOMEK_PROCESSES"] = root
    return root


def test_a_missing_folder_stops_the_start_with_one_sentence(komek, settings, tmp_path):
    settings["KOMEK_PROCESSES"] = tmp_path / "nowhere"
    answer = komek("init")
    assert answer.exit_code == 1 and "KOMEK_PROCESSES names" in answer.stderr


def test_init_publishes_what_is_new_and_a_changed_file_waits_for_the_command(komek, root):
    copy(root)
    assert "Published: study_visit" in komek("init").stderr
    assert re.search(r"study_visit +version 1, 8 states, 8 steps, \w+, in force", komek("process", "list").stdout)
    copy(root, *SECOND)
    assert "Waits for publication: study_visit" in komek("init").stderr
    assert "waiting" in komek("process", "list").stdout
    assert komek("process", "publish", KEY).stdout == "Published: study_visit.\n"
    assert komek("process", "publish").stdout == "Nothing waits: all of it is in force.\n"
    copy(root)
    refused = komek("process", "publish")
    assert refused.exit_code == 1 and "study_visit/definition.yaml:4: version: version 2 is published" in refused.stderr
    assert "There is no process other" in komek("process", "publish", "other").stderr


def test_publish_wants_folders_and_a_prepared_database(komek, root, settings, tmp_path):
    copy(root)
    (tmp_path / "data").mkdir()
    assert "run `komek init` first" in komek("process", "publish").stderr
    settings["KOMEK_PROCESSES"] = ""
    assert "KOMEK_PROCESSES names no folder" in komek("process", "publish").stderr


def test_open_cases_are_listed_moved_and_brought_back(komek, root, tmp_path):
    copy(root)
    assert komek("init").exit_code == 0
    app = create_app(config.read(dict(os.environ)))
    runtime = app.extensions["komek"]
    add_people(runtime.transactions.engine, {"requester": PEOPLE["requester"], "coordinator": PEOPLE["coordinator"]})
    env = Environment(runtime.transactions, runtime.services)
    reference = done(env.open("requester", KEY, VISIT)).reference
    env.take("requester", reference, "submit")
    renamed = (("  review:\n", "  checking:\n"), ("to: review", "to: checking"), ("from: review", "from: checking"))
    copy(root, *SECOND, *renamed, (", review,", ", checking,"))
    refused = komek("process", "publish")
    assert refused.exit_code == 1 and "cases stand in this state" in refused.stderr
    published = komek("process", "publish", "--map", "review=checking")
    assert published.exit_code == 0, published.stderr
    listed = komek("process", "migrate", KEY)
    assert f"{reference}  needs a decision: the new version has no state review; say --map review=…" in listed.stdout
    listed = komek("process", "migrate", KEY, "--map", "review=checking")
    assert re.search(
        rf"{reference}  review → checking  [\d., :]+ → [\d., :]+\n0 go on, 1 mapped, 0 need a", listed.stdout
    )
    assert env.case(reference).state == "review"
    moved = komek("process", "migrate", KEY, "--map", "review=checking", "--apply")
    assert moved.exit_code == 0 and env.case(reference).state == "checking"
    assert moved.stdout.splitlines()[0] == listed.stdout.splitlines()[0]
    assert "1 would come back, 0 would stay" in komek("process", "migrate", KEY, "--revert").stdout
    assert "1 brought back, 0 stay." in komek("process", "migrate", KEY, "--revert", "--apply").stdout
    assert env.case(reference).state == "review"
    wrong = komek("process", "migrate", KEY, "--map", "review=nowhere")
    assert wrong.exit_code == 1 and "Version 2 has no state nowhere" in wrong.stderr
    runtime.transactions.engine.dispose()


def test_one_bad_folder_is_refused_with_all_its_faults_and_the_others_go_on(komek, root):
    copy(root)
    bad = root / "bad_one"
    bad.mkdir()
    (bad / "definition.yaml").write_text("workflow: Bad\nversion: one\nlegs: 4\n", encoding="utf-8")
    answer = komek("init")
    assert answer.exit_code == 0 and "Published: study_visit" in answer.stderr
    faults = [line for line in answer.stderr.splitlines() if line.startswith("Refused: ")]
    assert any("bad_one/definition.yaml:1: workflow:" in line for line in faults)
    assert any("bad_one/definition.yaml:2: version:" in line for line in faults)
    assert any("bad_one/definition.yaml:3: legs:" in line for line in faults) and len(faults) > 5
    checked = komek("process", "check")
    assert checked.exit_code == 1 and "study_visit version 1 is sound." in checked.stdout
    assert "Not sound: bad_one." in checked.stderr
    assert "bad_one" in komek("process", "list").stdout


def test_check_takes_files_folders_and_folders_of_folders(komek, tmp_path):
    copy(tmp_path)
    for path in (tmp_path, tmp_path / KEY):
        assert komek("process", "check", path).stdout == "study_visit version 1 is sound.\n"
    (tmp_path / "empty").mkdir()
    assert "There is no definition.yaml" in komek("process", "check", tmp_path / "empty").stderr


def test_diff_says_in_words_and_in_three_languages_what_has_changed(komek, tmp_path):
    copy(tmp_path, *SECOND)
    said = {
        language: komek("process", "diff", EXAMPLE, tmp_path / KEY, "--language", language).stdout
        for language in ("kk", "ru", "en")
    }
    assert said["en"] == "State “Under review”: time to act: 5 working days → 9 working days\n"
    assert "Рассмотрение" in said["ru"] and "Қаралуда" in said["kk"]
    assert komek("process", "diff", EXAMPLE, EXAMPLE).stdout == ""


def test_schema_is_json(komek):
    assert json.loads(komek("process", "schema").stdout)["$defs"]["workflow"]["additionalProperties"] is False


def test_draw_takes_a_folder(komek):
    assert komek("process", "draw", EXAMPLE).stdout.startswith("<svg")


def test_try_plays_the_table_through_the_desk(komek, settings, tmp_path):
    answer = komek("process", "try", EXAMPLE, "--language", "ru")
    assert answer.exit_code == 0, answer.output
    assert "A visit that takes place" in answer.stdout
    assert re.search(r" 2\. requester: submit – .*«Первый день».*\[not_ready\]", answer.stdout)
    assert re.search(r" 4\. requester: submit → Рассмотрение \[review\] \(\d\d\.\d\d\.\d{4}, 18:00\)", answer.stdout)
    assert re.search(r"✉ coordinator: SV-\d{4}-0001: заявка на поездку", answer.stdout)
    assert "Возвращена на доработку → Истекла" in answer.stdout
    assert not (tmp_path / "data").exists()


def test_try_says_what_comes_otherwise_than_expected(komek, tmp_path):
    copy(tmp_path)
    table = tmp_path / KEY / "scenario.yaml"
    table.write_text(
        "cases:\n  - case: One\n    rows:\n      - {who: requester, does: open, state: review}\n"
        "      - {who: requester, does: nothing}\n      - {who: coordinator, does: submit, refused: not_found}\n",
        encoding="utf-8",
    )
    answer = komek("process", "try", tmp_path / KEY)
    assert answer.exit_code == 1 and "expected: review" in answer.stdout
    assert "[unknown_step]" in answer.stdout and "expected: no refusal" in answer.stdout
    table.write_text("cases:\n  - case: One\n    rows:\n      - {who: Requester, do: open}\n", encoding="utf-8")
    answer = komek("process", "try", tmp_path / KEY)
    assert answer.exit_code == 1
    assert "study_visit/scenario.yaml:4: " in answer.stderr
    assert answer.stderr.count("scenario.yaml:4") == 3  # who, do, and the missing does


def _tutorial():
    page = (ROOT / "docs" / "processes.md").read_text(encoding="utf-8")
    part = page.partition("## A process in twenty minutes")[2].partition("## Reference")[0]
    return [
        "\n".join(line.strip() for line in block.splitlines())
        for block in re.findall(r"```\n(.*?)```", part, re.DOTALL)
    ]


def test_the_commands_of_the_tutorial_work_one_after_the_other(tmp_path):
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    (tmp_path / "my_processes").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KOMEK_")}
    folder = Path(sys.executable).parent
    given = {**kept, "KOMEK_DATA": str(tmp_path / "data"), "PATH": f"{folder}:{os.environ['PATH']}"}
    script = "set -e\n" + "\n".join(_tutorial())
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=given, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "small_grant version 1 is sound." in done.stdout and "Published: small_grant" in done.stderr
    assert (tmp_path / "my_processes" / "small_grant.svg").read_text(encoding="utf-8").startswith("<svg")
