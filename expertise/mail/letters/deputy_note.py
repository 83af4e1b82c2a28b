"""Who acted in whose place, and in whose place a letter is read: stands in a letter below its own words.

In its context: `acted` and `reads`, each {"who": a name, "absent": a name}; neither where everybody is themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.definition import Text

#: Names stand as they are: no language here may bend them.
ACTED: Text = {
    "kk": "Қадамды жасаған алмастыратын адам: {who}. Орнында жоқ: {absent}.",
    "ru": "Шаг сделан заместителем: {who}. Отсутствует: {absent}.",
    "en": "The step was taken by a deputy: {who}. Away: {absent}.",
}
READS: Text = {
    "kk": "Бұл хат сізге алмастыратын адам ретінде келді. Орнында жоқ: {absent}.",
    "ru": "Вы получили это письмо как заместитель. Отсутствует: {absent}.",
    "en": "This letter has come to you as a deputy. Away: {absent}.",
}


def said(context: Mapping[str, Any], language: str) -> Iterator[str]:
    """The sentences that the letter needs."""
    for name, words in (("acted", ACTED), ("reads", READS)):
        if isinstance(context.get(name), Mapping):
            yield words[language].format(**context[name])
