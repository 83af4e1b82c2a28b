"""The floors of the house: every contract of pyproject.toml holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.laws.product import ROOT


def test_no_import_goes_up():
    command = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 broken" in run.stdout
