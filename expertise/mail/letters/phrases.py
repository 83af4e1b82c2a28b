"""What stands in every letter beside its own text: on buttons, at the head and at the foot."""

from __future__ import annotations

from expertise.base.letter_kinds import LetterKind
from workflows.definition import Text

FOOTER: Text = {
    "kk": "Бұл хатты Komek жүйесі жіберді. Іс туралы хатқа жауап жазуға болады.",
    "ru": "Это письмо отправлено системой Komek. На письмо о деле можно ответить.",
    "en": "This letter was sent by Komek. A letter about a case can be answered.",
}
MOTTO: Text = {
    "kk": "Өңірлерге сараптамалық көмек",
    "ru": "Экспертная помощь регионам",
    "en": "Expertise for the regions",
}
BUTTONS: dict[str, Text] = {
    "link": {"kk": "Істі ашу", "ru": "Открыть дело", "en": "Open the case"},
    "act": {"kk": "Жауап беру", "ru": "Ответить", "en": "Answer"},
    "undo": {"kk": "Қадамның күшін жою", "ru": "Отменить шаг", "en": "Undo the step"},
    "preferences": {"kk": "Хаттарды таңдау", "ru": "Выбрать письма", "en": "Choose letters"},
}
#: What the button says where `link` leads to no case.
ELSEWHERE: dict[LetterKind, Text] = {
    LetterKind.ACCOUNT: {"kk": "Сілтемені ашу", "ru": "Открыть ссылку", "en": "Open the link"},
    LetterKind.DIGEST: {"kk": "Жұмыс үстелімді ашу", "ru": "Открыть мой рабочий стол", "en": "Open my desk"},
}
