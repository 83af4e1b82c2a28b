"""Report of an import in Kazakh, Russian and English: the result for each record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from expertise.text.messages import describe
from expertise.text.translator import Translator
from workflows.definition import Definition, Text
from workflows.refusals import Invalid, Problem

DRAFTED, SUBMITTED, UNCHANGED, REFUSED = "drafted", "submitted", "unchanged", "refused"
#: A draft that was brought in before and has got values that it lacked.
MENDED = "mended"

#: Code → one sentence per language. `{names}` are labels or regions, the others stand as they came.
TEXTS: Mapping[str, Text] = {
    DRAFTED: {"kk": "нобай", "ru": "черновик", "en": "draft"},
    SUBMITTED: {"kk": "жіберілді", "ru": "подана", "en": "submitted"},
    UNCHANGED: {"kk": "өзгеріссіз", "ru": "без изменений", "en": "unchanged"},
    REFUSED: {"kk": "қабылданбады", "ru": "не принята", "en": "refused"},
    MENDED: {"kk": "толықтырылды", "ru": "дополнен", "en": "completed"},
    "totals_mended": {"kk": " Толықтырылды: {mended}.", "ru": " Дополнено: {mended}.", "en": " Completed: {mended}."},
    "totals": {
        "kk": "Жазбалар: {all}. Жіберілді: {submitted}, нобай: {drafted}, өзгеріссіз: {unchanged}, "
        "қабылданбады: {refused}.",
        "ru": "Записей: {all}. Подано: {submitted}, черновиков: {drafted}, без изменений: {unchanged}, "
        "не принято: {refused}.",
        "en": "Records: {all}. Submitted: {submitted}, drafts: {drafted}, unchanged: {unchanged}, refused: {refused}.",
    },
    "missing": {
        "kk": "жіберу үшін жетіспейді: {names}",
        "ru": "для подачи не хватает: {names}",
        "en": "missing for submission: {names}",
    },
    "shortened": {
        "kk": "ұзын мәтін қысқартылды, толық мәтіні түсініктемеде: {names}",
        "ru": "длинный текст сокращён, полный – в комментарии: {names}",
        "en": "a long text was shortened, all of it is in a comment: {names}",
    },
    "not_taken": {
        "kk": "мәні сәйкес келмейді, түсініктемеде сақталды: {names}",
        "ru": "значение не подходит, оставлено в комментарии: {names}",
        "en": "the value does not fit and is kept in a comment: {names}",
    },
    "regions_several": {
        "kk": "бірнеше өңір аталған ({names}), біреуі де таңдалмады",
        "ru": "названо несколько регионов ({names}), ни один не выбран",
        "en": "several regions are named ({names}), none was chosen",
    },
    "region_unknown": {
        "kk": "өңір танылмады: {text}",
        "ru": "регион не опознан: {text}",
        "en": "no region is recognised in: {text}",
    },
    "abroad": {
        "kk": "Қазақстаннан тыс ({text}), өңірі жоқ",
        "ru": "вне Казахстана ({text}), региона нет",
        "en": "outside Kazakhstan ({text}), so there is no region",
    },
    "no_number": {
        "kk": "жазбаның «id» нөмірі жоқ",
        "ru": "у записи нет номера «id»",
        "en": "the record has no number “id”",
    },
    "number_twice": {
        "kk": "бұл нөмір файлда екінші рет кездеседі",
        "ru": "этот номер встречается в файле второй раз",
        "en": "this number stands in the file a second time",
    },
    "no_object": {
        "kk": "жазба өрістері бар нысан емес",
        "ru": "запись не является объектом с полями",
        "en": "the record is no object with fields",
    },
    "unknown_keys": {
        "kk": "бейтаныс кілттер: {text}",
        "ru": "неизвестные ключи: {text}",
        "en": "unknown keys: {text}",
    },
    "key_twice": {
        "kk": "кілт екі рет берілген: {text}",
        "ru": "ключ указан дважды: {text}",
        "en": "a key is given twice: {text}",
    },
    "no_finite_number": {
        "kk": "сан емес мән: {text}; санды немесе null жазыңыз",
        "ru": "значение не является числом: {text}; напишите число или null",
        "en": "the value is no number: {text}; write a number or null",
    },
    "cell_uncomputed": {
        "kk": "формуланың есептелген мәні жоқ немесе қате: {text}; кестені Excel-де ашып сақтаңыз "
        "немесе мәннің өзін жазыңыз",
        "ru": "формула без вычисленного значения или с ошибкой: {text}; откройте таблицу в Excel и сохраните "
        "или впишите само значение",
        "en": "a formula without a computed value, or with an error: {text}; open and save the table in Excel, "
        "or write the value itself",
    },
    "control": {
        "kk": "басқару таңбалары бар, оларды алып тастаңыз: {text}",
        "ru": "есть управляющие символы, уберите их: {text}",
        "en": "there are control characters, take them out: {text}",
    },
    "too_long": {
        "kk": "мәтін тым ұзын: {text}, рұқсат етілгені {most} таңба",
        "ru": "текст слишком длинный: {text}, допускается {most} знаков",
        "en": "the text is too long: {text}, at most {most} characters are taken",
    },
    "too_deep": {
        "kk": "бірінің ішінде бірі тұрған деңгейлер тым көп",
        "ru": "слишком много вложенных уровней",
        "en": "too many levels inside each other",
    },
    "loan": {
        "kk": "бұл қарыз туралы жазба, өтінім емес; оны кредиторға жолдау ретінде енгізіңіз",
        "ru": "это запись о займе, а не заявка; внесите её как направление кредитору",
        "en": "this is a record of a loan and no request; enter it as a loan referral",
    },
    "refused_by_desk": {
        "kk": "бұл әрекетке құқық жоқ немесе деректер сәйкес емес ({text})",
        "ru": "нет права на это действие, или данные не подходят ({text})",
        "en": "there is no right to do this, or the data do not fit ({text})",
    },
    "file_away": {
        "kk": "файлды оқу мүмкін емес: {text}",
        "ru": "файл не читается: {text}",
        "en": "the file cannot be read: {text}",
    },
    "file_large": {
        "kk": "файл тым үлкен, рұқсат етілгені {most} МБ",
        "ru": "файл слишком большой, допускается {most} МБ",
        "en": "the file is too large, at most {most} MB are taken",
    },
    "not_utf8": {
        "kk": "файл UTF-8 кодтауында емес; оны UTF-8 түрінде сақтаңыз",
        "ru": "файл не в кодировке UTF-8; сохраните его в UTF-8",
        "en": "the file is not in UTF-8; save it as UTF-8",
    },
    "not_json": {
        "kk": "файл JSON емес: {text}",
        "ru": "файл не является JSON: {text}",
        "en": "the file is no JSON: {text}",
    },
    "table_empty": {
        "kk": "«{text}» файлында бірде-бір жол жоқ",
        "ru": "в файле «{text}» нет ни одной строки",
        "en": "the file “{text}” has no line",
    },
    "columns_unclear": {
        "kk": "әр бағанның өз атауы болуы тиіс: {text}",
        "ru": "у каждого столбца должно быть своё название: {text}",
        "en": "each column needs a name of its own: {text}",
    },
    "table_large": {
        "kk": "кесте тым үлкен: {most} жолға дейін қабылданады",
        "ru": "таблица слишком большая: принимается до {most} строк",
        "en": "the table is too large: at most {most} lines are taken",
    },
    "not_table": {
        "kk": "бұл CSV де, XLSX те емес немесе файл бүлінген",
        "ru": "это не CSV и не XLSX, или файл повреждён",
        "en": "this is no CSV and no XLSX, or the file is damaged",
    },
    "column_lost": {
        "kk": "файлда мұндай баған жоқ: {text}",
        "ru": "в файле нет таких столбцов: {text}",
        "en": "the file has no such column: {text}",
    },
    "field_unknown": {
        "kk": "мұндай өріс толтырылмайды: {text}",
        "ru": "такие поля не заполняются: {text}",
        "en": "there is no such field to fill: {text}",
    },
    "field_twice": {
        "kk": "өріс екі рет аталған: {text}",
        "ru": "поле названо дважды: {text}",
        "en": "a field is named twice: {text}",
    },
    "no_number_column": {
        "kk": "жазба нөмірі тұрған бағанды көрсетіңіз",
        "ru": "укажите столбец с номером записи",
        "en": "say which column has the number of the record",
    },
    "no_number_here": {
        "kk": "бұл жолда нөмір жоқ",
        "ru": "в этой строке нет номера",
        "en": "this line has no number",
    },
    "number_shared": {
        "kk": "нөмір бірнеше жолда бірдей ({text}): нөмірді толық жазыңыз немесе оған тағы бір баған қосыңыз",
        "ru": "один номер у строк {text}: запишите номера полностью или добавьте к номеру ещё один столбец",
        "en": "the lines {text} share this number: write the numbers out, or add another column to the number",
    },
    "preview": {
        "kk": "Бұл – алдын ала қарау, ештеңе жазылған жоқ.",
        "ru": "Это предварительный просмотр: ничего не записано.",
        "en": "This is a preview: nothing was written.",
    },
    "not_list": {
        "kk": "файлда жазбалар тізімі болуы керек: [ … ]",
        "ru": "в файле должен быть список записей: [ … ]",
        "en": "the file must hold a list of records: [ … ]",
    },
}


@dataclass(frozen=True, slots=True)
class ImportRemark:
    """A remark on a record. `names` are in three languages, the other values are inserted as they are."""

    code: str
    names: tuple[Text, ...] = ()
    text: str = ""
    most: int = 0
    problems: tuple[tuple[str, tuple[Problem, ...]], ...] = ()  # of values: field → what is wrong
    definition: Definition | None = None  # of those fields

    def in_language(self, language: str) -> str:
        """Return the sentence."""
        names = ", ".join(name[language] for name in self.names)
        if self.definition is not None:
            names = "; ".join(
                item.text for item in describe(Invalid(self.problems), self.definition, Translator(language)).items
            )
        return TEXTS[self.code][language].format(names=names, text=self.text, most=self.most)


@dataclass(frozen=True, slots=True)
class RecordReport:
    """Result for one record. `number` counts from 1; 0 is the file itself."""

    number: int
    id: str
    outcome: str
    reference: str | None = None
    remarks: tuple[ImportRemark, ...] = ()

    def in_language(self, language: str) -> str:
        """Return one line of the report."""
        head = f"{self.number:>4}  {self.id}: {TEXTS[self.outcome][language]}"
        if self.reference is not None:
            head += f" {self.reference}"
        return "; ".join([head, *(remark.in_language(language) for remark in self.remarks)])


@dataclass(frozen=True, slots=True)
class ImportReport:
    """A line per record, in the order of the file. `sha256` identifies the stored file."""

    lines: tuple[RecordReport, ...]
    sha256: str | None = None

    @property
    def counted(self) -> Counter[str]:
        """Number of records by outcome."""
        return Counter(line.outcome for line in self.lines)

    @property
    def refused(self) -> int:
        """Number of records that were refused; 1 if the file itself was."""
        return self.counted[REFUSED]

    def totals(self, language: str) -> str:
        """Return the last line of the report."""
        counted = {outcome: self.counted[outcome] for outcome in (SUBMITTED, DRAFTED, UNCHANGED, REFUSED)}
        text = TEXTS["totals"][language].format(all=sum(line.number > 0 for line in self.lines), **counted)
        mended = self.counted[MENDED]
        return text + TEXTS["totals_mended"][language].format(mended=mended) if mended else text
