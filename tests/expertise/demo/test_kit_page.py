"""The page of the components: it shows all of them, and a demonstration alone has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from expertise import config
from expertise.app import create_app
from expertise.demo.kit_page import icons
from expertise.web.page_frame import STATIC
from tests.expertise.demo.conftest import prepared
from tests.laws.test_stylesheet import NUMBERED, styled
from workflows.definition import LANGUAGES
from workflows.field import Widget

TEMPLATES = Path(__file__).parents[3] / "templates"
MACROS = "_macros.html"
PAGE = "demo/kit.html"
#: Classes of the frame that a page has only in some places: the menu of a person, the bar of the tour.
OF_THE_FRAME = {"find", "tour", "group", "phone", "to-menu", "menu", "mistaken", "right"}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """`page(language)`: the page as a stranger sees it."""
    app = prepared(tmp_path_factory.mktemp("kit"))

    def see(language):
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        return client.get("/kit", buffered=True)

    yield see
    app.extensions["komek"].transactions.engine.dispose()


def parsed(name):
    return Environment().parse((TEMPLATES / name).read_text(encoding="utf-8"))


def called(node):
    """Names of macros that are called within the node, and of templates that it includes."""
    names = {each.node.name for each in node.find_all(nodes.Call) if isinstance(each.node, nodes.Name)}
    files = {each.template.value for each in node.find_all(nodes.Include)}
    return names.union(*(called(parsed(file)) for file in files))


def reached(macros, names):
    """Those macros and all that they call."""
    found, waiting = set(), set(names) & macros.keys()
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= (called(macros[name]) & macros.keys()) - found
    return found


def missing(macros, page):
    return macros.keys() - reached(macros, called(page))


def test_every_macro_of_the_kit_is_on_the_page():
    macros = {each.name: each for each in parsed(MACROS).find_all(nodes.Macro)}
    lacking = missing(macros, parsed(PAGE))
    assert len(macros) > 20 and not lacking, f"templates/{PAGE} calls none of these macros: {sorted(lacking)}"


def test_a_macro_that_is_called_nowhere_is_found():
    text = "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}x{% endmacro %}{% macro c() %}y{% endmacro %}"
    macros = {each.name: each for each in Environment().parse(text).find_all(nodes.Macro)}
    assert missing(macros, Environment().parse("{{ a() }}")) == {"c"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_every_class_icon_and_control(page, language):
    answer = page(language)
    assert answer.status_code == 200 and f'<html lang="{language}">' in answer.text
    classes = {each for value in re.findall(r'class="([^"]*)"', answer.text) for each in value.split()}
    absent = {each for each in styled() - classes - OF_THE_FRAME if not NUMBERED.fullmatch(each)}
    assert not absent, f"The page of the components shows no {sorted(absent)}: add them to templates/{PAGE}."
    assert set(icons()) == set(re.findall(r"icons\.svg\?v=\w+#(\w+)", answer.text))
    assert set(re.findall(r'data-widget="(\w+)"', answer.text)) == set(Widget)


def test_the_sprite_is_read_whole():
    assert len(icons()) == (STATIC / "icons.svg").read_text().count("<symbol")


def test_only_a_demonstration_has_the_page(tmp_path):
    app = create_app(config.read({"KOMEK_DATA": str(tmp_path), "KOMEK_SECRET_KEY": "k" * 40}))
    assert "/kit" not in {rule.rule for rule in app.url_map.iter_rules()}
    app.extensions["komek"].transactions.engine.dispose()
