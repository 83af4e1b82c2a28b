"""Help and examples stand where a field is filled: beside it, or in the head of its table."""

from __future__ import annotations

import pytest

from expertise.web.kit.form_fields import FormField


@pytest.fixture
def render(app):
    def rendered(source, **values):
        with app.test_request_context("/"):
            return app.jinja_env.from_string(source).render(**values)

    return rendered


def test_the_help_of_a_column_stands_once_in_the_head_and_describes_every_cell(render):
    rows = [
        [
            FormField(f"causes.{row}.cause", "text", "Cause", head_hint="One cause a line"),
            FormField(f"causes.{row}.source", "text", "Source"),
        ]
        for row in range(3)
    ]
    table = FormField("causes", "table", "Causes", rows=rows)
    html = render('{% from "_macros.html" import field %}{{ field(table) }}', table=table)
    assert html.count("One cause a line") == 1
    assert html.index("One cause a line") < html.index("<tbody")
    assert html.count('id="f-causes-cause-head"') == 1
    assert html.count('aria-describedby="f-causes-cause-head"') == 3


@pytest.mark.parametrize(("hint", "shown"), [("", ""), ("In full", "In full. "), ("In full.", "In full. ")])
def test_an_example_follows_the_help_whatever_the_control_is_called(render, hint, shown):
    asked = FormField("reason", "long_text", "Reason", hint=hint, example="moved to May")
    html = render('{% from "_macros.html" import hint %}{{ hint(asked, "f-postpone-reason") }}', asked=asked)
    text = html.replace("Мысалы:", "For example:").replace("Например:", "For example:").strip()
    assert text == f'<span class="hint" id="f-postpone-reason-hint">{shown}For example: moved to May</span>'
