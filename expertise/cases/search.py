"""Search by the beginnings of words, the same on both databases: a small table of folded words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session

from expertise.cases.model import Word
from workflows.definition import Definition

LONGEST = 40  # characters of a word that are kept
MOST = 400  # words of one case
WORD = re.compile(r"\w+")

#: Kazakh letters and their Russian neighbours, so that a keyboard without them still finds the word.
FOLDED = str.maketrans("әғқңөұүһіё", "агкноуухие")


def fold(text: str) -> list[str]:
    """The distinct words of a text as they are stored and looked for, in order."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(FOLDED)
    return list(dict.fromkeys(word[:LONGEST] for word in WORD.findall(plain)))


def index(session: Session, case_id: int, reference: str, definition: Definition, fields: Mapping[str, object]) -> None:
    """Write the words of a case anew. Personal fields are not searched."""
    texts = [reference] + [
        str(fields[name])
        for name, field in definition.fields.items()
        if field.type.is_prose and not field.personal and fields.get(name)
    ]
    session.execute(delete(Word).where(Word.case_id == case_id))
    rows = [{"word": word, "case_id": case_id} for word in fold(" ".join(texts))[:MOST]]
    if rows:
        session.execute(insert(Word), rows)


def matching(query: str) -> list[Select[int]]:
    """One subquery of case ids per word of the query; a case must be in all of them.

    A word is found by its beginning. The range `word ≤ x < word + last letter` uses the index under any collation
    that sorts by code point, and LIKE would not.
    """
    return [select(Word.case_id).where(Word.word >= word, Word.word < word + "\U0010ffff") for word in fold(query)[:8]]
