"""The picture of the rooms is that of the imports."""

from __future__ import annotations

import subprocess
import sys

from tests.laws.product import ROOT


def test_the_picture_is_drawn_from_the_imports():
    done = subprocess.run([sys.executable, ROOT / "tools" / "architecture", "check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "say .venv/bin/python tools/architecture draw"


def test_an_arrow_upwards_would_be_seen():
    picture = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    assert "<title>web imports " in picture and "<title>cases imports web</title>" not in picture
