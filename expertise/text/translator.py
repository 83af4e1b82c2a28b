"""A translator: sentences, names, sums and sizes in one language. Dates read the same in all three."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel import Locale, numbers

from expertise.text.catalogues import N_, translations
from workflows.amounts import exact
from workflows.calendar import ALMATY
from workflows.definition import LANGUAGES, Text
from workflows.fields.measures import label_of
from workflows.fields.moments import zone_text
from workflows.roles import ROLE_LABELS

_OUTCOMES = {
    "succeeded": N_("Completed"),
    "refused": N_("Declined"),
    "withdrawn": N_("Withdrawn"),
    "lapsed": N_("Lapsed"),
}
#: With the country, because plain `ru` writes the currency's code where a tenge sign is expected.
_NUMBERS = {"kk": "kk_KZ", "ru": "ru_KZ", "en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Translator:
    """Bound to one of `LANGUAGES`. A page takes that of its request, a letter that of its reader."""

    language: str

    def gettext(self, message: str, /, **values: Any) -> str:
        """Translate an English sentence of the catalogue and fill in its `%(name)s` placeholders."""
        translated: str = translations(self.language).gettext(message)
        return translated % values if values else translated

    def ngettext(self, singular: str, plural: str, num: int, /, **values: Any) -> str:
        """Translate a sentence in the form that the number asks for; `%(num)d` is the number."""
        translated: str = translations(self.language).ngettext(singular, plural, num)
        return translated % {"num": num, **values}

    def text(self, value: Text | None) -> str:
        """Pick this language out of a text that a workflow or a table holds in all; empty for None."""
        return value[self.language] if value else ""

    def role(self, role: str) -> str:
        """The name of a role; its key for one that no definition declares any more."""
        label = ROLE_LABELS.get(role)
        return label[self.language] if label is not None else role

    def roles(self, roles: Iterable[str], between: str = ", ") -> str:
        """The names of roles in one line."""
        return between.join(map(self.role, roles))

    def money(self, value: Mapping[str, str] | None) -> str:
        """A stored amount with the sign of its currency; whole sums without their two zeros. Empty for None."""
        if not value:
            return ""
        amount = Decimal(value["amount"])
        digits = "#,##0" if amount == amount.to_integral_value() else "#,##0.00"
        pattern = f"¤¤\u00a0{digits}" if self.language == "en" else f"{digits}\u00a0¤"
        locale = _NUMBERS[self.language]
        return numbers.format_currency(amount, value["currency"], pattern, locale=locale, currency_digits=False)

    def short_money(self, amount: Decimal, currency: str) -> str:
        """An amount rounded to three or four characters and a word: 7.2 billion tenge."""
        locale = _NUMBERS[self.language]
        return numbers.format_compact_currency(amount, currency, locale=locale, fraction_digits=1)

    def outcome(self, final: str) -> str:
        """The outcome of a case that has ended; `final` is a value of `workflows.definition.Final`."""
        return self.gettext(_OUTCOMES[final])

    def number(self, value: Decimal | float) -> str:
        """A number with the separators of the language, and with up to four digits behind the decimal sign."""
        return numbers.format_decimal(value, "#,##0.####", locale=self.language)

    def duration(self, amount: int, unit: str) -> str:
        """`5 working days`, `8 hours`; `unit` is a key of `workflows.amounts.DURATIONS`."""
        if unit == "hours":
            return self.ngettext("%(num)d hour", "%(num)d hours", amount)
        return self.ngettext("%(num)d working day", "%(num)d working days", amount)

    def amount(self, value: Any) -> str:
        """A stored amount of any kind: a number, a sum of money, a decimal with its unit, a length of time."""
        if not isinstance(value, Mapping):
            return self.number(value)
        if "currency" in value:
            return self.money(value)
        if "ten_thousandths" in value:
            return f"{self.number(exact(value))}\u00a0{self.text(label_of(value['unit']))}"
        return self.duration(value["amount"], value["unit"])

    def size(self, octets: int) -> str:
        """`12 KB`, `3.4 MB` in the numbers and units of the language."""
        locale, kilobytes, megabytes = _NUMBERS[self.language], self.gettext("KB"), self.gettext("MB")
        if octets < 1024 * 1024:
            number = numbers.format_decimal(max(1, round(octets / 1024)), locale=locale)
            return f"{number}\u00a0{kilobytes}"
        number = numbers.format_decimal(round(Decimal(octets) / (1024 * 1024), 1), locale=locale)
        return f"{number}\u00a0{megabytes}"

    def language_name(self, code: str) -> str:
        """The name of a language: `kk` → `қазақ тілі`; its code when Babel does not know it."""
        return Locale(self.language).languages.get(code, code)


TRANSLATORS: Mapping[str, Translator] = {language: Translator(language) for language in LANGUAGES}


def in_every_language(write: Callable[[Translator], str]) -> dict[str, str]:
    """The text by language, for a letter whose reader's language is known only when it leaves."""
    return {language: write(translator) for language, translator in TRANSLATORS.items()}


def day(value: date | datetime | str | None) -> str:
    """`31.10.2016`, in every language; an instant is shown as the day it falls on in Kazakhstan. Empty for None."""
    if not value:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    elif isinstance(value, datetime):
        value = value.astimezone(ALMATY).date()
    return f"{value:%d.%m.%Y}"


def days(since: date | str | None, until: date | str | None) -> str:
    """`01.03.2026 – …`: from one day to another, open where there is none. Empty where both are None."""
    return f"{day(since) or '…'} – {day(until) or '…'}" if since or until else ""


def moment(value: datetime | None) -> str:
    """`31.10.2016, 17:05` on the clock of Kazakhstan. Empty for None."""
    return f"{value.astimezone(ALMATY):%d.%m.%Y, %H:%M}" if value else ""


def local_moment(value: str) -> str:
    """`12.05.2026, 10:00 (UTC+5)`: a stored day and time with its distance from UTC."""
    at = datetime.fromisoformat(value)
    return f"{at:%d.%m.%Y, %H:%M} ({zone_text(at)})"


def clock_time(value: datetime) -> str:
    """`17:05` on the clock of Kazakhstan."""
    return f"{value.astimezone(ALMATY):%H:%M}"
