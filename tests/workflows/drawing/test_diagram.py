"""The drawing of every shipped workflow in every language, and of a small one made for the purpose."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from workflows.definition import LANGUAGES, Definition, Final, State, Transition
from workflows.drawing.boxes import (
    NAME,
    NAME_LEADING,
    NOTE,
    NOTE_LEADING,
    PADDING,
    SIGN,
    STEP,
    STEP_LEADING,
    Placement,
    StateBox,
    place,
)
from workflows.drawing.diagram import Heat, mermaid, svg
from workflows.drawing.edges import Label, wire
from workflows.drawing.ranks import Way, lay_out
from workflows.drawing.text_width import longest
from workflows.loading.reader import load_directory

SHIPPED = load_directory(Path(__file__).parents[3] / "workflows" / "definitions")
DRAWINGS = [(key, language) for key in SHIPPED for language in LANGUAGES]
every_drawing = pytest.mark.parametrize(("key", "language"), DRAWINGS)

Area = tuple[float, float, float, float]


def text(words: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, words)


def small() -> Definition:
    """draft → check → done, check ⇄ returned (paused), check → check, many → gone."""
    states = {
        "draft": State("draft", text("Draft"), "requester"),
        "check": State("check", text('Check <of> "all" & everything'), "coordinator"),
        "returned": State("returned", text("Returned"), "requester", paused=True),
        "done": State("done", text("Done"), final=Final.SUCCEEDED),
        "gone": State("gone", text("Gone"), final=Final.WITHDRAWN),
    }
    steps = (
        Transition("submit", text("Submit"), ("draft",), "check", ("requester",)),
        Transition("note", text("Take <note>"), ("check",), None, ("coordinator",)),
        Transition("send_back", text("Send back"), ("check",), "returned", ("coordinator",)),
        Transition("resubmit", text("Resubmit"), ("returned",), "check", ("requester",)),
        Transition("finish", text("Finish"), ("check",), "done", ("coordinator",)),
        Transition("withdraw", text("Withdraw"), ("draft", "check", "returned"), "gone", ("requester",)),
    )
    transitions = {step.key: step for step in steps}
    return Definition("small", 1, "S", text("A <small> one"), "KZ", states, transitions, {}, "draft", "0")


def area_of(box: StateBox) -> Area:
    return box.x, box.y, box.right, box.bottom


def area_of_label(label: Label) -> Area:
    width = longest(label.lines, STEP)
    left = label.x - (width if label.anchor == "end" else 0)
    return left, label.y - STEP, left + width, label.y + STEP_LEADING * (len(label.lines) - 1) + 3


def overlap(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def segments(placement: Placement) -> list[tuple[tuple[str, ...], Area]]:
    """Every straight piece of every line, with the states that its ends may touch."""
    return [
        ((*line.arc.sources, line.arc.target), (min(a, c), min(b, d), max(a, c), max(b, d)))
        for line in wire(placement)
        for stroke in line.strokes
        for (a, b), (c, d) in pairwise(stroke)
    ]


def parsed(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)


# --- what holds for every drawing ------------------------------------------------------------------


@every_drawing
def test_no_text_is_wider_or_higher_than_its_box(key: str, language: str) -> None:
    for box in place(SHIPPED[key], language).boxes.values():
        sign = SIGN if box.state.final or box.state.paused else 0
        assert longest(box.name, NAME) <= box.width - 2 * PADDING - sign
        lines = tuple(line for note in box.notes for line in note)
        assert longest(lines, NOTE) + 15 <= box.width - 2 * PADDING
        assert NAME_LEADING * len(box.name) + NOTE_LEADING * len(lines) <= box.height - 12


@every_drawing
def test_no_two_boxes_overlap(key: str, language: str) -> None:
    areas = [area_of(box) for box in place(SHIPPED[key], language).boxes.values()]
    assert not any(overlap(one, other) for one, other in combinations(areas, 2))


@every_drawing
def test_no_label_lies_on_a_box_or_on_another_label_or_off_the_page(key: str, language: str) -> None:
    placement = place(SHIPPED[key], language)
    labels = [area_of_label(line.label) for line in wire(placement)]
    boxes = [area_of(box) for box in placement.boxes.values()]
    assert not [(label, box) for label in labels for box in boxes if overlap(label, box)]
    assert not [pair for pair in combinations(labels, 2) if overlap(*pair)]
    assert all(left >= 0 and right <= placement.width for left, _, right, _ in labels)


@every_drawing
def test_no_line_runs_through_a_box(key: str, language: str) -> None:
    placement = place(SHIPPED[key], language)
    for touched, piece in segments(placement):
        for state, box in placement.boxes.items():
            grown = 0.5 if state in touched else -2
            inner = (box.x + grown, box.y + grown, box.right - grown, box.bottom - grown)
            assert not overlap(piece, inner), (touched, state)


@every_drawing
def test_the_page_is_narrow_enough_to_print(key: str, language: str) -> None:
    placement = place(SHIPPED[key], language)
    assert placement.width <= 1100
    assert all(box.right < placement.width and box.bottom < placement.height for box in placement.boxes.values())


@every_drawing
def test_every_state_is_drawn_and_every_step_has_its_words(key: str, language: str) -> None:
    definition = SHIPPED[key]
    placement = place(definition, language)
    assert set(placement.boxes) == set(definition.states)
    drawn = {step for arc in placement.layout.arcs for step in arc.steps}
    drawn |= {step for steps in placement.layout.stays.values() for step in steps}
    assert drawn == set(definition.transitions)


@every_drawing
def test_every_source_of_a_step_has_a_line_to_its_target(key: str, language: str) -> None:
    definition = SHIPPED[key]
    drawn = {
        (step, source)
        for line in wire(place(definition, language))
        for step in line.arc.steps
        for source in line.routes
    }
    wanted = {
        (step.key, source)
        for step in definition.transitions.values()
        for source in step.sources
        if definition.target_of(step, source) != source
    }
    assert drawn == wanted


@every_drawing
def test_a_drawing_needs_no_style_and_no_script_and_is_the_same_each_time(key: str, language: str) -> None:
    drawing = svg(SHIPPED[key], language)
    assert not re.search(r"<style|<script|\bstyle=|\bon\w+=|\bid=|href", drawing)
    assert drawing == svg(SHIPPED[key], language)


@pytest.mark.parametrize("weight", ["400", "600"])
def test_no_shipped_word_is_wider_in_the_interface_font_than_was_reckoned(weight: str) -> None:
    pytest.importorskip("brotli")
    fonts = pytest.importorskip("fontTools.ttLib")
    place_of_fonts = Path(__file__).parents[3] / "expertise" / "web" / "static" / "fonts"
    font = fonts.TTFont(place_of_fonts / f"golos-{weight}.woff2")
    glyphs, advances, unit = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    for definition in SHIPPED.values():
        for labelled in (*definition.states.values(), *definition.transitions.values()):
            for words in labelled.label.values():
                true = sum(advances[glyphs[ord(letter)]][0] for letter in words) / unit * NAME
                assert true <= longest((words,), NAME), words


# --- the small one ---------------------------------------------------------------------------------


def test_the_main_line_leads_to_success_and_other_ends_stand_aside() -> None:
    layout = lay_out(small())
    assert layout.line == ("draft", "check", "done")
    assert layout.rows == ("draft", "check", "returned", "done")
    assert layout.ends == ("gone",)
    assert layout.stays == {"check": ("note",)}


def test_lines_know_their_way_and_a_step_with_many_sources_is_one_line() -> None:
    ways = {arc.steps: (arc.way, arc.sources, arc.back) for arc in lay_out(small()).arcs}
    assert ways["send_back",] == (Way.ASIDE, ("check",), False)
    assert ways["resubmit",] == (Way.HOME, ("returned",), True)
    assert ways["withdraw",] == (Way.OUT, ("draft", "check", "returned"), False)


def test_a_picture_names_itself_and_its_states_for_those_who_do_not_see_it() -> None:
    root = parsed(svg(small(), "en", path=("draft", "check"), current="check"))
    assert root.get("role") == "img"
    assert root.get("lang") == "en"
    assert [child.tag.rpartition("}")[2] for child in root][:2] == ["title", "desc"]
    assert root[0].text == "A <small> one"
    assert root[1].text == 'Draft → Check <of> "all" & everything'


def test_words_with_angle_brackets_stay_words() -> None:
    drawing = svg(small(), "en", heat={"draft": Heat(0.5, "<b>")})
    words = "".join(parsed(drawing).itertext())
    assert "<b>" in words and "<note>" in words
    assert "<b>" not in drawing and "<note>" not in drawing


def group(drawing: str, state: str) -> ET.Element:
    return next(element for element in parsed(drawing).iter() if element.get("data-state") == state)


def frames(drawing: str, state: str) -> list[ET.Element]:
    return [element for element in group(drawing, state) if element.tag.endswith("rect")]


def test_ends_and_pauses_are_told_by_shape() -> None:
    drawing = svg(small(), "en")
    assert len(frames(drawing, "gone")) == 2, "a double line"
    assert len(frames(drawing, "draft")) == 1
    assert float(frames(drawing, "gone")[0].get("rx", 0)) > 4 >= float(frames(drawing, "draft")[0].get("rx", 0))
    assert frames(drawing, "returned")[0].get("stroke-dasharray")
    assert any(element.tag.endswith("path") for element in group(drawing, "gone")), "a sign"


def test_the_current_state_is_inverse_and_ringed_and_the_path_is_strong() -> None:
    drawing = svg(small(), "en", path=("draft", "check"), current="check")
    ring, frame = frames(drawing, "check")
    assert ring.get("stroke") == "#c9a24b"
    assert frame.get("fill") == "#0b3b4c"
    assert drawing.count('stroke-width="3"') == 1, "one step was taken"
    assert 'stroke-width="3"' not in svg(small(), "en")


def test_a_return_is_dashed() -> None:
    assert 'stroke-dasharray="5 4"' in svg(small(), "en")


def test_heat_is_told_by_its_caption_too() -> None:
    drawing = svg(small(), "en", heat={"check": Heat(1.0, "12 · 8 d"), "draft": Heat(0.0, "1")})
    assert "12 · 8 d" in "".join(group(drawing, "check").itertext())
    assert frames(drawing, "check")[0].get("fill") != frames(drawing, "draft")[0].get("fill")


def test_a_state_that_nothing_leads_to_is_drawn_all_the_same() -> None:
    definition = small()
    lonely = State("lonely", text("Lonely"), "coordinator")
    states = {**definition.states, "lonely": lonely}
    alone = Definition("small", 1, "S", text("S"), "KZ", states, definition.transitions, {}, "draft", "0")
    assert "lonely" in lay_out(alone).rows
    assert "Lonely" in svg(alone, "en")


def test_mermaid_has_every_state_and_quotes_what_would_be_syntax() -> None:
    written = mermaid(small(), "en")
    assert written.startswith("flowchart TD\n")
    assert '  s_check["Check #60;of#62; #34;all#34; #38; everything"]' in written.splitlines()
    assert '  s_gone(["Gone"])' in written.splitlines()
    assert '  s_returned -.->|"Resubmit"| s_check' in written.splitlines()
    assert '  s_check -->|"Take #60;note#62;"| s_check' in written.splitlines()


@every_drawing
def test_mermaid_names_every_state_in_the_language(key: str, language: str) -> None:
    written = mermaid(SHIPPED[key], language)
    assert all(f"  s_{state}" in written for state in SHIPPED[key].states)
