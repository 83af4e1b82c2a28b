"""Tells signatures and the lines that telephones add from the words of a person."""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST_LINES = 12  # of a signature
LONGEST_LINE = 160  # characters of a line in one

#: Devices and programs that name themselves. "Отправлено через портал" is a person's sentence.
_PROGRAM = (
    r"(?:iphone|ipad|ios|android|samsung|galaxy|huawei|honor|xiaomi|redmi|poco|oppo|realme|pixel|nokia|blackberry"
    r"|windows|outlook|gmail|yahoo|yandex|яндекс|mail\.ru|mail для|mail for|proton|bluemail|aqua mail|spark"
    r"|k-9|thunderbird|airmail|моего (?:телефона|смартфона|устройства|планшета)|мобильн|my (?:phone|mobile|tablet)"
    r"|mobile (?:device|phone))"
)
_DEVICE = re.compile(
    rf"^\W{{0,5}}(?:sent (?:from|via|with) .{{0,40}}{_PROGRAM}"
    rf"|(?:get|скачать|получить|загрузить) (?:outlook|bluemail|spark)\b"
    rf"|(?:отправлено|послано) (?:с|из|через) .{{0,40}}{_PROGRAM}"
    rf"|отправлено, используя .{{0,40}}{_PROGRAM}"
    rf"|простите за краткость, создано в|excuse my brevity"
    rf"|.{{0,30}}{_PROGRAM}.{{0,40}}жіберіл(?:ді|ген))",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\W{0,5}(?:с уважением|с наилучшими|всего доброго|искренне ваш|құрметпен|сәлеметпен|ізгі ниетпен"
    r"|(?:kind|best|warm)?\s*regards|best wishes|sincerely|yours (?:truly|faithfully|sincerely)|br)\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"@|https?://|www\.|\b(?:тел|моб|ұялы|факс|fax|phone|tel|mob|whatsapp|вн|доб|ішкі)\b\.?|\+\d[\d\s().-]{8,}|(?:\d[\s().-]*){10,}"
    r"|\b(?:г|ул|пр|просп|д|каб|көш|қ|б)\.\s|\b(?:улица|проспект|көшесі|даңғылы|кабинет|street|avenue)\b",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"\b(?:начальник|директор|руководитель|заместитель|специалист|менеджер|координатор|эксперт|инспектор|бухгалтер"
    r"|инженер|советник|аким|акимат|управлени|отдел|департамент|министерств|комитет|центр|институт|университет|тоо|гу|рги|ао"
    r"|басшы|бастық|маман|орынбасар|әкім|әкімдік|басқарма|бөлім|министрлік|комитеті|жшс|кмм|мм|ақ"
    r"|head|director|manager|specialist|officer|coordinator|department|ministry|office|division|llp|ltd)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_]+(?:[-’'.][^\W\d_]+)*\.?")
_SENTENCE = re.compile(r"[.!?…;:]\s*$")
#: Words that make a sentence of a line: negations, and lower-case words with the ending of a predicate.
_PREDICATE = re.compile(
    r"\b(?:не|нет|ещё|еще|not|no|is|are|was|were|has|have|емес|жоқ|бар|керек|нужн\w+|можно|прошу|просим|please)\b"
    r"|(?<![\w-])[^\W\d_A-ZА-ЯЁӘҒҚҢӨҰҮҺІ]\w{2,}"
    r"(?:[оеи]вал[аио]?|ил[аио]|али|ели|или|ует|ает|яет|ится|ется|[аяе]н[оаы]|нят[оаы]?|жу|шу|ем|им|ды|ді|ты|ті|ған|ген"
    r"|қан|кен|йды|йді|мын|мін|мыз|міз|бын|бін|пын|пін)\b"
)
#: Single words in capitals that are an answer and no name.
_ANSWERS = re.compile(
    r"^\W*(?:да|нет|ок|иә|жоқ|yes|no|ok|done|accept|\w+(?:но|ен|на|ены|ны|ано|лды|лді|ды|ді|ты|ті|ған|ген|мын|мін|мыз|міз"
    r"|ить|ать|ять|ю|ed))\W*$",
    re.IGNORECASE,
)


def is_device_line(line: str) -> bool:
    """Return whether a program or a telephone added the line."""
    return bool(_DEVICE.match(line))


def is_signature(lines: Sequence[str]) -> bool:
    """Return whether the lines below a mark `--` only name a person, an office and how to reach them."""
    said = [line.strip() for line in lines if line.strip()]
    return len(said) <= MOST_LINES and all(_is_of_signature(line) for line in said)


def is_farewell(lines: Sequence[str]) -> bool:
    """Return whether the lines are a farewell with a name or a signature, without a mark above them."""
    said = [line.strip() for line in lines if line.strip()]
    return bool(said) and bool(_CLOSING.match(said[0])) and is_signature(said)


def _is_of_signature(line: str) -> bool:
    if _CLOSING.match(line) or is_device_line(line):
        return True
    words = line.split()
    if (
        len(line) > LONGEST_LINE
        or len(words) > 14
        or _PREDICATE.search(line)
        or (_SENTENCE.search(line) and not _CONTACT.search(line))
    ):
        return False
    return bool(_CONTACT.search(line) or _OFFICE.search(line)) or _is_name(line, words)


def _is_name(line: str, words: Sequence[str]) -> bool:
    if len(words) == 1 and _ANSWERS.match(line):
        return False
    names = [word.strip(",") for word in words]
    return len(names) <= 5 and all(word[:1].isupper() and _NAME.fullmatch(word) for word in names)
