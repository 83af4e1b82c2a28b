"""What the strict content security policy refuses stands in no template."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PAGES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "letters" not in path.parts)
FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=|<style"),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*="),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)"),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
    "something from another house": re.compile(r"(src|href)\s*=\s*[\"'](https?:)?//"),
    "unescaped text": re.compile(r"\|\s*safe\b|Markup"),
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_templates_hold_nothing_the_policy_refuses(path):
    for what, pattern in FORBIDDEN.items():
        assert not pattern.search(path.read_text(encoding="utf-8")), what


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_its_secret(path):
    for form in re.findall(r"<form.*?</form>", path.read_text(encoding="utf-8"), re.DOTALL):
        # the last: without a session
        secret = any(each in form for each in ("csrf_token", "hidden(", "own_form(", 'name="_form"'))
        assert 'method="get"' in form or secret


def test_the_stylesheet_and_the_script_load_nothing_from_elsewhere():
    for name in ("komek.css", "komek.js", "passkeys.js"):
        text = (ROOT / "expertise" / "web" / "static" / name).read_text(encoding="utf-8")
        assert "//" not in re.sub(r"^\s*//.*$|; // .*$|xmlns='http://[^']+'", "", text, flags=re.MULTILINE)
