"""The stylesheet is small, and nothing in it or in a template is for nothing.

Each class that the stylesheet names stands in a template, a module or the script, and each class of a template is
styled or stands below as a hook. Classes are read from the syntax tree of the templates, so that the two branches of a
condition count and what it compares does not.
"""

from __future__ import annotations

import ast
import gzip
import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.laws.product import ROOT

TEMPLATES = ROOT / "templates"
STATIC = ROOT / "expertise" / "web" / "static"
LIMIT = 6 * 1024
#: Classes without a rule: tests and scripts find their element by them.
HOOKS = frozenset({"main"})
#: Classes that end with a number from the page: the stages of a phase and the shades of a chart.
NUMBERED = re.compile(r"[nq]\d")
#: Modules whose text constants hold classes: pages, charts and words for pages.
MODULES = ("expertise/web", "expertise/reports", "expertise/text", "workflows/fields")
#: An attribute of a template, or the block that fills one.
ATTRIBUTE = re.compile(
    r'class="(?P<value>(?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"|\{% block main_class %\}(?P<block>.+?)\{% endblock', re.DOTALL
)
PARSER = Environment()


def styled() -> set[str]:
    """Every class that the stylesheet names."""
    text = re.sub(r"/\*.*?\*/", "", (STATIC / "komek.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    selectors = re.sub(r"\{[^{}]*\}", " ", text)
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))


def outputs(node: nodes.Node) -> list[str]:
    """The constant texts that an expression may put out; a gap for what is not constant."""
    if isinstance(node, nodes.CondExpr):
        return outputs(node.expr1) + (outputs(node.expr2) if node.expr2 else [""])
    if isinstance(node, nodes.Const):
        return [str(node.value)]
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and isinstance(node.node.node, nodes.Dict):
        return [str(pair.value.value) for pair in node.node.node.items]  # {'late': 'over'}.get(kind, kind)
    return ["\0"]


def written(body: list[nodes.Node]) -> list[str]:
    """Every text that these nodes may put out, one after the other."""
    found = [""]
    for node in body:
        if isinstance(node, nodes.TemplateData):
            parts = [node.data]
        elif isinstance(node, nodes.Output):
            parts = written(node.nodes)
        elif isinstance(node, nodes.If):
            parts = [*written(node.body), *(written(node.else_) if node.else_ else [""])]
            parts += [text for each in node.elif_ for text in written(each.body)]
        else:
            parts = outputs(node)
        found = [before + part for before in found for part in parts]
    return found


def classes(text: str) -> set[str]:
    """The classes in the class attributes of a template."""
    values = (PARSER.parse(found["value"] or found["block"] or "").body for found in ATTRIBUTE.finditer(text))
    return {each for body in values for value in written(body) for each in value.split() if "\0" not in each}


def used() -> dict[str, str]:
    """Class → a template in which it stands."""
    found = {}
    for path in sorted(TEMPLATES.rglob("*.html")):
        if path.parent.name != "letters":  # they carry a style of their own
            found |= dict.fromkeys(classes(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT)))
    return found


def constants(path: Path) -> set[str]:
    """The classes in the text constants of a module: those that are one word, and attributes in pieces of HTML."""
    texts = {
        node.value.strip()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return texts.union(*(found.split() for text in texts for found in re.findall(r'class="([^"]*)', text)))


def elsewhere() -> set[str]:
    """Words of the modules and of the scripts."""
    found = {word for script in STATIC.glob("*.js") for word in re.findall(r"[\w-]+", script.read_text())}
    return found.union(*(constants(path) for folder in MODULES for path in (ROOT / folder).rglob("*.py")))


def test_the_stylesheet_is_small():
    assert len(gzip.compress((STATIC / "komek.css").read_bytes(), 9)) <= LIMIT


def test_each_class_of_the_stylesheet_is_used():
    unused = {each for each in styled() - used().keys() - elsewhere() if not NUMBERED.fullmatch(each)}
    assert not unused, f"No template, module or script has these classes: {sorted(unused)}. Remove their rules."


def test_each_class_of_a_template_is_styled():
    known = styled() | HOOKS
    strange = {each: where for each, where in used().items() if each not in known}
    assert not strange, f"The stylesheet has no rule for these classes: {strange}. Style them, or remove them."


def test_a_hook_has_no_rule_and_stands_somewhere():
    assert not HOOKS & styled() and used().keys() >= HOOKS


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('<p class="a b">', {"a", "b"}),
        ("<p class=\"{{ 'a' if x == 'no' else 'b' }} c\">", {"a", "b", "c"}),
        ('<p class="{% if x in ("no",) %}a{% else %}b{% endif %} n{{ number }}">', {"a", "b"}),
        ("<p class=\"num{{ ' late' if x }}\">", {"num", "late"}),
    ],
)
def test_the_classes_of_a_template_are_read_from_its_branches(template, expected):
    assert classes(template) == expected
