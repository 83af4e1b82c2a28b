"""A real process that dies between two records, and in the middle of one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

KOMEK = [sys.executable, "-c", "from expertise.cli import main; main()"]


@pytest.mark.fault
def test_an_import_that_is_killed_goes_on_where_it_stopped(tmp_path):
    file = tmp_path / "records.json"
    records = [{"id": f"AID-{number}", "title": "T", "region": "Kyzylorda", "note": "n"} for number in range(3)]
    file.write_text(json.dumps(records), "utf-8")

    def komek(*words, crash=""):
        mine = {name: value for name, value in os.environ.items() if not name.startswith("KOMEK_")}
        environment = mine | {"KOMEK_DATA": str(tmp_path / "data")} | ({"KOMEK_CRASH_AT": crash} if crash else {})
        return subprocess.run([*KOMEK, *words], env=environment, capture_output=True, text=True, check=False)

    def take(crash=""):
        return komek("import", "requests", str(file), "--language", "en", crash=crash)

    assert komek("init").returncode == 0
    assert take(crash="after_commit").returncode == -signal.SIGKILL  # the first record is in
    assert take(crash="after_flush").returncode == -signal.SIGKILL  # the second was half-way
    last = take()
    assert last.returncode == 0, last.stderr
    outcomes = [line.partition(": ")[2].split(" ")[0].strip(";") for line in last.stdout.splitlines()[:-1]]
    assert outcomes == ["unchanged", "draft", "draft"]
    assert "of 3 cases: every chain holds" in komek("audit", "verify").stdout
