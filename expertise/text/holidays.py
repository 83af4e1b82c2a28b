"""Names of public holidays in the language of the reader.

The calendar holds the Kazakh name of a day, from the package `holidays`, or the decree that an administrator wrote.
Several names of one day are separated by "; ". A text that is no known name is a person's own and stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from expertise.text.catalogues import N_
from expertise.text.translator import Translator

#: Name in the calendar → sentence of the catalogue. Source: Law of the Republic of Kazakhstan on holidays.
NAMES: Mapping[str, str] = {
    "Жаңа жыл": N_("New Year"),
    "Православиелік Рождество": N_("Orthodox Christmas"),
    "Халықаралық әйелдер күні": N_("International Women's Day"),
    "Наурыз мейрамы": N_("Nauryz"),
    "Қазақстан халқының бірлігі мерекесі": N_("Day of Unity of the People of Kazakhstan"),
    "Отан Қорғаушы күні": N_("Defender of the Fatherland Day"),
    "Жеңіс күні": N_("Victory Day"),
    "Астана күні": N_("Astana Day"),
    "Қазақстан Республикасының Конституциясы күні": N_("Constitution Day"),
    "Қазақстан Республикасының Тұңғыш Президенті күні": N_("Day of the First President"),
    "Тәуелсіздік күні": N_("Independence Day"),
    "Республика күні": N_("Republic Day"),
    "Қазақстан Республикасы күні": N_("Republic Day"),
    "Құрбан айт": N_("Kurban Ait"),
    "Жұмыс күні (демалыс ауыстырылды)": N_("Working day (day off moved)"),
}
_OBSERVED = " (қайта белгіленген демалыс)"
_ESTIMATED = " (бағаланған)"
_MOVED = re.compile(r"Демалыс күні \((\d\d\.\d\d\.\d{4}) бастап ауыстырылды\)")


def holiday_name(source: str, translator: Translator) -> str:
    """Return the name or names of a day in the reader's language; a decree as it was written."""
    return "; ".join(_name(each, translator) for each in source.split("; "))


def _name(name: str, translator: Translator) -> str:
    moved = _MOVED.fullmatch(name)
    if moved is not None:
        return translator.gettext("Day off (moved from %(day)s)", day=moved[1])
    if name.endswith(_OBSERVED):
        return translator.gettext(
            "%(holiday)s (day off in its place)", holiday=_name(name.removesuffix(_OBSERVED), translator)
        )
    if name.endswith(_ESTIMATED):
        return translator.gettext(
            "%(holiday)s (expected day)", holiday=_name(name.removesuffix(_ESTIMATED), translator)
        )
    return translator.gettext(NAMES[name]) if name in NAMES else name
