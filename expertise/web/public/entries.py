"""Published cases as texts: lines of the list, summaries, documents, and the lines of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap

from flask import request, url_for

from expertise.base.search_terms import search_terms
from expertise.reports.register_public import Document, Published
from expertise.search.excerpts import Piece, excerpt, marked
from expertise.text.values import DisplayedValue, ValueNames, display
from expertise.web.cases.rows import tone
from expertise.web.kit.choices import ReferenceNames
from expertise.web.kit.i18n import said, translator
from workflows.definition import Definition

LETTERS, LINES = 27, 5  # of a line of the picture at its size, and of the picture


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One published case in the list."""

    url: str
    reference: str
    title: Sequence[Piece]
    notes: Sequence[str]
    state: str
    tone: str
    result: str
    passage: Sequence[Piece]


def line_of(found: Published, names: ReferenceNames, query: str) -> RegisterLine:
    """Return a case as a line of the list, with the words of the query marked."""
    case, terms = found.case, search_terms(query)
    prose = [str(value) for name, value in found.fields.items() if found.definition.fields[name].type.is_prose]
    texts = (text for text in prose if text != case.title)
    return RegisterLine(
        url=url_for("public.show", reference=case.reference, lang=request.args.get("lang") or None),
        reference=case.reference,
        title=marked(case.title or "", terms),
        notes=[case.reference, names.region(case.region), _years(case.opened_at, case.ended_at)],
        state=said(found.definition.states[case.state].label),
        tone=tone(found.definition, case.state),
        result=_result(found, names),
        passage=next(filter(None, (excerpt(text, terms) for text in texts)), []) if terms else [],
    )


def _result(found: Published, names: ReferenceNames) -> str:
    """The outcome in a few words, else the sum of money."""
    declared = found.definition.fields
    outcomes = [name for name in found.fields if name == "outcome"]
    money = [name for name in found.fields if declared[name].column == "amount"]
    values = ValueNames(translator(), names.texts)
    shown = (display(declared[name], found.fields[name], values) for name in (*outcomes, *money))
    return next((_short(each) for each in shown), "")


def _short(shown: DisplayedValue, most: int = 120) -> str:
    text = " ".join(shown.text.split())
    return text if len(text) <= most else text[: text.rfind(" ", 0, most)] + " …"


def _years(begun: datetime, ended: datetime | None) -> str:
    years = [begun.year, *([ended.year] if ended is not None else [])]
    return "–".join(str(year) for year in dict.fromkeys(years))


def summary_of(found: Published) -> str:
    """The first public text that is no title, for pages that show a link to this one."""
    for name, value in found.fields.items():
        declared = found.definition.fields[name]
        if declared.type.is_prose and declared.column != "title":
            return _short(DisplayedValue("", str(value)), 200)
    return said(found.definition.title)


def below_the_band(definition: Definition, name: str) -> bool:
    """Return whether a public field stands among the facts of the page; title, region, topic and files do not."""
    declared = definition.fields[name]
    return declared.column not in ("title", "region", "topic") and not declared.type.is_file


def document_of(document: Document, found: Published) -> DisplayedValue:
    """Return a public file with its address; a file of a part is named by the kind of the part."""
    label = document.definition.fields[document.field].label
    kind = document.definition.title if document.definition.key != found.definition.key else label
    url = url_for("public.file", reference=found.case.reference, key=document.file.key)
    return DisplayedValue(said(kind), document.file.name, "file", url, translator().size(document.file.size))


def picture_lines(title: str) -> list[str]:
    """Return the title in lines that fit the picture, which breaks none by itself; an ellipsis stands for the rest."""
    found = wrap(" ".join(title.split()), LETTERS, break_long_words=True) or [""]
    if len(found) > LINES:
        found = [*found[: LINES - 1], found[LINES - 1][: LETTERS - 2].rstrip() + " …"]
    return found
