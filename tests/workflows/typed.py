"""A form with a field of every type, and what people and programs put into it."""

from tests.workflows.samples import REQUEST, text_of
from workflows import Problem, read

FORM = """
  short: {type: text, min: 2, max: 20, label: LABEL}
  plain: {type: text, label: LABEL}
  story: {type: long_text, label: LABEL}
  count: {type: number, min: 1, max: 120, label: LABEL}
  any_number: {type: number, label: LABEL}
  price: {type: money, label: LABEL}
  sum: {type: money, positive: true, label: LABEL}
  heads: {type: number, positive: true, label: LABEL}
  capped: {type: money, min: 10, max: 1000, label: LABEL}
  day: {type: date, label: LABEL}
  pick: {type: choice, label: LABEL, options: {study: LABEL, advice: LABEL}}
  region: {type: region, label: LABEL}
  topic: {type: topic, label: LABEL}
  lender: {type: lender, label: LABEL}
  helper: {type: expert, label: LABEL}
  other: {type: case, of: request, label: LABEL}
  paper: {type: file, label: LABEL}
  answer: {type: yes_no, label: LABEL}
  agreed: {type: confirm, label: LABEL}
  rows:
    type: table
    label: LABEL
    columns:
      what: {type: text, max: 9, label: LABEL}
      when: {type: date, label: LABEL}
      cost: {type: money, label: LABEL}
      where: {type: region, label: LABEL}
  few: {type: table, max: 2, label: LABEL, columns: {what: {type: text, label: LABEL}}}
  several: {type: table, min: 2, label: LABEL, columns: {what: {type: text, label: LABEL}}}
  length: {type: decimal, unit: km, label: LABEL}
  growth: {type: decimal, unit: percent, digits: 1, min: -50, max: 50, label: LABEL}
  fine: {type: decimal, unit: {kk: бірл., ru: ед. изм., en: unit}, digits: 4, positive: true, label: LABEL}
  ready: {type: percent, label: LABEL}
  effort: {type: duration, label: LABEL}
  days: {type: duration, unit: working_days, min: 2, max: 30, positive: true, label: LABEL}
  kinds: {type: choices, min: 1, max: 2, label: LABEL, options: {study: LABEL, advice: ADVICE, visit: LABEL}}
  both: {type: choices, min: 2, label: LABEL, options: {study: LABEL, advice: LABEL}}
  places: {type: choices, list: regions, label: LABEL}
  held: {type: datetime, label: LABEL}
  chair: {type: person, label: LABEL}
  lead: {type: person, role: coordinator, label: LABEL}
  body: {type: organisation, label: LABEL}
  where: {type: place, label: LABEL}
  measured:
    type: table
    label: LABEL
    columns:
      road: {type: decimal, unit: km, label: LABEL}
      done: {type: percent, label: LABEL}
      time: {type: duration, label: LABEL}
      kinds: {type: choices, label: LABEL, options: {study: LABEL, advice: LABEL}}
      at: {type: datetime, label: LABEL}
      who: {type: person, label: LABEL}
      body: {type: organisation, label: LABEL}
      spot: {type: place, label: LABEL}
  mail: {type: email, label: LABEL}
  phone: {type: phone, label: LABEL}
"""
FORM = FORM.replace("ADVICE", "{kk: кеңес, ru: Совет, en: Advice}")
DEFINITION = read(text_of(REQUEST, ("fields:\n", f"fields:{FORM}")), "form.yaml").definition


def money(amount, currency="EUR"):
    return {"amount": amount, "currency": currency}


def km(parts):
    return {"ten_thousandths": parts, "unit": "km"}


def percent(parts):
    return {"ten_thousandths": parts, "unit": "percent"}


def spell(amount, unit="working_days"):
    return {"amount": amount, "unit": unit}


def spot(code, text=None):
    return {"code": code, "text": text}


#: Currency → an amount of 500, as people write it.
BESIDE = [
    *(("USD", text) for text in ("US$ 500", "$500", "500 US$", "500 долларов", "500 долларов США", "500 АҚШ доллары")),
    *(("RUB", text) for text in ("500 рублей", "500 руб.", "500 ₽", "500 р.", "RUB 500")),
    *(("KZT", text) for text in ("500 теңге", "500 тенге", "₸500", "500 тг.", "500\u00a0₸", "KZT\u00a0500", "500\t₸")),
    *(("CNY", text) for text in ("¥500", "500 юаней", "500 元", "RMB 500")),
    *(("JPY", text) for text in ("¥ 500", "500 иен")),
    *(("EUR", text) for text in ("€ 500,00", "500 euro", "500 ЕВРО", "500 еуро")),
    *(("GBP", text) for text in ("£500", "500 фунтов стерлингов")),
    *(("CHF", text) for text in ("CHF 500", "500 франков")),
]
#: Values of the types of decision 0034, as people and programs give them.
NEWER = [
    ("length", "1 234,50 км", km(12_345_000)),
    ("length", "1\u00a0234,5\u00a0км.", km(12_345_000)),
    ("length", "1\u202f234.5 km", km(12_345_000)),
    ("length", "1.234,5", km(12_345_000)),
    ("length", "1,234.5 kilometres", km(12_345_000)),
    ("length", "12,5\tшақырым", km(125_000)),
    ("length", "１２，５", km(125_000)),
    ("length", "\u22120,5", km(-5_000)),
    ("length", "+7", km(70_000)),
    ("length", "- 7", km(-70_000)),
    ("length", 5, km(50_000)),
    ("length", 12.5, km(125_000)),
    ("length", 0, km(0)),
    ("length", km(125_000), km(125_000)),
    ("growth", "-12,5 %", percent(-125_000)),
    ("growth", "12,5 пайыз", percent(125_000)),
    ("fine", "0,0001 ед. изм.", {"ten_thousandths": 1, "unit": "unit"}),
    ("fine", "1,2345", {"ten_thousandths": 12_345, "unit": "unit"}),
    ("ready", "12,5 %", percent(125_000)),
    ("ready", "12.5%", percent(125_000)),
    ("ready", "80 процентов", percent(800_000)),
    ("ready", "100", percent(1_000_000)),
    ("effort", spell("5"), spell(5)),
    ("effort", spell("8", "hours"), spell(8, "hours")),
    ("effort", "5 рабочих дней", spell(5)),
    ("effort", "5 жұмыс күні", spell(5)),
    ("effort", "1 working day", spell(1)),
    ("effort", "8 ч.", spell(8, "hours")),
    ("effort", "8\u00a0сағат", spell(8, "hours")),
    ("effort", spell("1 200", "hours"), spell(1200, "hours")),
    ("effort", spell(0), spell(0)),
    ("days", "5", spell(5)),
    ("days", spell("5 раб. дней", ""), spell(5)),
    ("kinds", {"visit": "yes", "study": "yes"}, ["study", "visit"]),
    ("kinds", ["advice", "advice"], ["advice"]),
    ("kinds", "study, Совет", ["study", "advice"]),
    ("kinds", "КЕҢЕС\nstudy", ["study", "advice"]),
    ("kinds", "study;advice", ["study", "advice"]),
    ("places", {"KZ-43": "yes"}, ["KZ-43"]),
    ("places", "KZ-43", ["KZ-43"]),
    ("held", {"day": "12.05.2026", "time": "9:05"}, "2026-05-12T09:05+05:00"),
    ("held", "12.05.2026 17:05", "2026-05-12T17:05+05:00"),
    ("held", "12.05.2026, 17.05", "2026-05-12T17:05+05:00"),
    ("held", "12.05.2026 в 17:05", "2026-05-12T17:05+05:00"),
    ("held", "2026-05-12T17:05", "2026-05-12T17:05+05:00"),
    ("held", "2026-05-12 17:05:30", "2026-05-12T17:05+05:00"),
    ("held", "2026-05-12T12:05Z", "2026-05-12T17:05+05:00"),
    ("held", "2026-05-12T14:05+02:00", "2026-05-12T17:05+05:00"),
    ("held", "29.02.2024 10:00", "2024-02-29T10:00+06:00"),
    ("held", "01.03.2024 10:00", "2024-03-01T10:00+05:00"),
    ("held", {"day": "12.05.2020", "time": "10:00 UTC+5"}, "2020-05-12T10:00+05:00"),
    ("chair", "e-1", "e-1"),
    ("lead", "e-1", "e-1"),
    ("body", "akimat-kz-43", "akimat-kz-43"),
    ("where", spot("431010000", "Абай к-сі 5"), spot("431010000", "Абай к-сі 5")),
    ("where", spot("43 101 0000"), spot("431010000")),
    ("where", spot("", "Арал ауданы"), spot(None, "Арал ауданы")),
    ("where", "431010000 Қызылорда", spot("431010000", "Қызылорда")),
    ("where", "Арал ауданы", spot(None, "Арал ауданы")),
    ("where", "431010000", spot("431010000")),
    (
        "measured",
        [
            {"road": "1,5 км", "done": "50 %", "time": spell("8", "hours"), "kinds": {"study": "yes"}},
            {"time": spell("")},
        ],
        [
            {
                "road": km(15_000),
                "done": percent(500_000),
                "time": spell(8, "hours"),
                "kinds": ["study"],
                **dict.fromkeys(("at", "who", "body", "spot")),
            }
        ],
    ),
    (
        "measured",
        [{"at": {"day": "12.05.2026", "time": "10:00"}, "who": "e-1", "body": "akimat-kz-43", "spot": spot("", "x")}],
        [
            {
                **dict.fromkeys(("road", "done", "time", "kinds")),
                "at": "2026-05-12T10:00+05:00",
                "who": "e-1",
                "body": "akimat-kz-43",
                "spot": spot(None, "x"),
            }
        ],
    ),
]
ACCEPTED = [
    *NEWER,
    ("plain", "  Су \r\n", "Су"),
    ("plain", "й", "й"),
    ("plain", "مرحبا\u200f", "مرحبا\u200f"),
    ("plain", "x" * 300, "x" * 300),
    ("plain", "e\u0301" * 300, "é" * 300),
    ("short", "=1+1", "=1+1"),
    ("story", " a\r\nb\rc\u2028d\te\n", "a\nb\nc\nd\te"),
    ("comment", "A reason,\nin two lines", "A reason,\nin two lines"),
    ("count", "12", 12),
    ("count", " 12 ", 12),
    ("count", 12, 12),
    ("any_number", "1 200 000", 1200000),
    ("any_number", "1\u00a0200", 1200),
    ("any_number", "-5", -5),
    ("any_number", 0, 0),
    ("price", money("26 600 000,50"), money("26600000.50")),
    ("price", money("26\u202f600\u202f000"), money("26600000.00")),
    ("price", money("0.5", "KZT"), money("0.50", "KZT")),
    ("price", money("1 234 567,89 ₸", "KZT"), money("1234567.89", "KZT")),
    ("price", money("1\u00a0234\u202f567,89\u00a0₸", "KZT"), money("1234567.89", "KZT")),
    ("price", money("1 234 тг.", "KZT"), money("1234.00", "KZT")),
    ("price", money("€ 1 234,5"), money("1234.50")),
    ("price", money("1 234 KZT", "KZT"), money("1234.00", "KZT")),
    ("price", money("1.234,5"), money("1234.50")),
    ("price", money("1,234.50"), money("1234.50")),
    ("price", money("1.234.567,89"), money("1234567.89")),
    ("price", money("1'234’567.89"), money("1234567.89")),
    ("price", money("１２３４，５０"), money("1234.50")),
    ("price", money("\u202a1234,5\u202c"), money("1234.50")),
    ("count", "\u200e12", 12),
    ("count", "１２", 12),
    ("any_number", "1\u2009234", 1234),
    ("any_number", "\u22121\u202f234", -1234),
    ("day", "\u202a28.02.2026\u202c", "2026-02-28"),
    ("day", "2026\u201102\u201128", "2026-02-28"),
    ("phone", "+7\u00a0701\u00a0123\u00a045\u00a067", "+7 701 123 45 67"),
    ("phone", "+7\u202f701\u2009123 45 67", "+7 701 123 45 67"),
    ("phone", "+7 701 123\u201145\u201167", "+7 701 123-45-67"),
    ("phone", "+7 701 123\u201345\u201367", "+7 701 123-45-67"),
    ("phone", "\u202a+7 701 123 45 67\u202c", "+7 701 123 45 67"),
    ("phone", "＋7 701 123 45 67\u200b", "+7 701 123 45 67"),
    ("phone", "+7 (7172) 70-30-40 доб. 123", "+7 (7172) 70-30-40 доб. 123"),
    ("phone", "+7 (7172) 70-30-40, ДОБ.\u00a0123", "+7 (7172) 70-30-40, ДОБ. 123"),
    ("phone", "+7 7172 703040 ішкі 12", "+7 7172 703040 ішкі 12"),
    ("phone", "+7 7172 703040 вн.12", "+7 7172 703040 вн.12"),
    ("phone", "+7 7172 703040 ext. 5", "+7 7172 703040 ext. 5"),
    ("phone", "+7 7172 703040 #5", "+7 7172 703040 #5"),
    ("phone", "8 (7142) 50-01-02", "+7 (7142) 50-01-02"),
    ("phone", "87011234567", "+77011234567"),
    ("phone", "8-701-123-45-67", "+7-701-123-45-67"),
    ("phone", "тел.: 8 (7142) 50-01-02 доб. 7", "+7 (7142) 50-01-02 доб. 7"),
    ("phone", "+49 30 1234567", "+49 30 1234567"),
    *(("price", money(text, code), money("500.00", code)) for code, text in BESIDE),
    ("price", money("€ 1.234,50"), money("1234.50")),
    ("price", money("1.234,50\u00a0€"), money("1234.50")),
    ("price", money("€1,234.50"), money("1234.50")),
    ("price", money("500 000\tтеңге", "KZT"), money("500000.00", "KZT")),
    ("price", money("\t1\u00a0234\u202f567,89 ₸ ", "KZT"), money("1234567.89", "KZT")),
    ("price", {"amount": "500 ₸"}, money("500.00", "KZT")),
    ("price", {"amount": "500 ₸", "currency": ""}, money("500.00", "KZT")),
    ("phone", "+7 (701) 123-45-67 (доб. 12)", "+7 (701) 123-45-67 (доб. 12)"),
    ("phone", "+7 (701) 123-45-67 (ішкі 12)", "+7 (701) 123-45-67 (ішкі 12)"),
    ("phone", "+7 701 123 45 67, ішкі нөмірі 12", "+7 701 123 45 67, ішкі нөмірі 12"),
    ("phone", "+7 701 123 45 67 вн. тел. 12", "+7 701 123 45 67 вн. тел. 12"),
    ("phone", "+7 701 123 45 67 ext 12", "+7 701 123 45 67 ext 12"),
    ("phone", "+7 701 123 45 67 (12 ішкі)", "+7 701 123 45 67 (12 ішкі)"),
    ("phone", "+7 701 123 45 67;ext=12", "+7 701 123 45 67;ext=12"),
    ("phone", "+7\t701\t123\u00a045\u00a067", "+7 701 123 45 67"),
    ("phone", "8\u00a0(7172)\u00a070\u201130\u201140\u00a0(доб.\u00a012)", "+7 (7172) 70-30-40 (доб. 12)"),
    ("price", money(26600000), money("26600000.00")),
    ("price", money("0"), money("0.00")),
    ("capped", money("1000"), money("1000.00")),
    ("day", "28.02.2026", "2026-02-28"),
    ("day", "1.3.2026", "2026-03-01"),
    ("day", "2028-02-29", "2028-02-29"),
    ("pick", "study", "study"),
    ("region", "KZ-43", "KZ-43"),
    ("topic", "water", "water"),
    ("lender", "adb", "adb"),
    ("helper", "e-1", "e-1"),
    ("other", " rq-1 ", "RQ-1"),
    ("paper", "f-1", "f-1"),
    ("answer", "yes", True),
    ("answer", "no", False),
    ("answer", False, False),
    ("agreed", "yes", True),
    ("agreed", True, True),
    ("mail", "a.b+c@sub.example.kz", "a.b+c@sub.example.kz"),
    ("mail", "a@мысал.қаз", "a@мысал.қаз"),
    ("phone", "+7 (701)  123-45-67", "+7 (701) 123-45-67"),
    (
        "rows",
        [{"what": "", "when": " ", "cost": money("")}, {"what": "a"}, {}, None],
        [{"what": "a", "when": None, "cost": None, "where": None}],
    ),
    (
        "rows",
        [{"what": "a", "when": "1.2.2026", "cost": money("5"), "where": "KZ-43"}],
        [{"what": "a", "when": "2026-02-01", "cost": money("5.00"), "where": "KZ-43"}],
    ),
    ("few", [{"what": ""}] * 60 + [{"what": "a"}], [{"what": "a"}]),
    ("several", [{"what": "a"}, {"what": "b"}], [{"what": "a"}, {"what": "b"}]),
]

EMPTY = [
    *((name, None) for name in DEFINITION.fields),
    *((name, "") for name in DEFINITION.fields if DEFINITION.fields[name].type.key != "money"),
    ("plain", " \t\n"),
    ("count", "  "),
    ("price", money("")),
    ("price", money(None)),
    ("price", {}),
    ("agreed", "no"),
    ("agreed", False),
    ("rows", []),
    ("rows", [{}]),
]


def problem(code, **parameters):
    return Problem(code, tuple(parameters.items()))


REFUSED = [
    ("length", "много", problem("not_a_decimal")),
    ("length", "1 234,5 шт ук", problem("not_a_decimal")),
    ("length", "1e3", problem("not_a_decimal")),
    ("length", "१२", problem("not_a_decimal")),
    ("length", "1,2,3", problem("not_a_decimal")),
    ("length", "12 60", problem("not_a_decimal")),
    ("length", float("nan"), problem("not_a_decimal")),
    ("length", float("inf"), problem("not_a_decimal")),
    ("length", "5 м", problem("other_unit", sign="м")),
    ("length", "5 м2", problem("other_unit", sign="м2")),
    ("length", {"ten_thousandths": 5, "unit": "m"}, problem("other_unit", sign="m")),
    ("length", "1,234", problem("too_many_decimals", max=2)),
    ("length", km(1), problem("too_many_decimals", max=2)),
    ("length", 1 / 3, problem("too_many_decimals", max=4)),
    ("length", "1" * 20, problem("too_large", max=9 * 10**11)),
    ("length", -(10**400), problem("too_small", min=-9 * 10**11)),
    ("length", True, problem("wrong_type", expected="decimal")),
    ("length", ["5"], problem("wrong_type", expected="decimal")),
    ("length", {"ten_thousandths": "5", "unit": "km"}, problem("wrong_type", expected="decimal")),
    ("growth", "50,1", problem("too_large", max=50)),
    ("growth", "-50,1", problem("too_small", min=-50)),
    ("fine", "0", problem("not_positive")),
    ("ready", "100,01 %", problem("too_large", max=100)),
    ("ready", "-1", problem("too_small", min=0)),
    ("ready", "5 км", problem("other_unit", sign="км")),
    ("effort", "5", problem("unknown_time_unit")),
    ("effort", "5 недель", problem("unknown_time_unit")),
    ("effort", spell("5 часов"), problem("unknown_time_unit")),
    ("effort", spell("5", ["hours"]), problem("unknown_time_unit")),
    ("effort", spell("-5"), problem("too_small", min=0)),
    ("effort", spell("1,5"), problem("not_whole")),
    ("effort", 5, problem("wrong_type", expected="duration")),
    ("days", "5 часов", problem("unknown_time_unit")),
    ("days", "1", problem("too_small", min=2)),
    ("days", "31", problem("too_large", max=30)),
    ("days", "0", problem("not_positive")),
    ("kinds", ["sleep"], problem("unknown_choice")),
    ("kinds", {"sleep": "yes"}, problem("unknown_choice")),
    ("kinds", ["study", "advice", "visit"], problem("too_many_choices", max=2)),
    ("both", ["study"], problem("too_few_choices", min=2)),
    ("kinds", [5], problem("wrong_type", expected="text")),
    ("kinds", 5, problem("wrong_type", expected="choices")),
    ("kinds", {"study": ["yes"]}, problem("wrong_type", expected="choices")),
    ("places", ["KZ-99"], problem("unknown_region")),
    ("held", "12.05.2026", problem("bad_moment")),
    ("held", "12.05.2026 25:00", problem("bad_moment")),
    ("held", "12.05.2026 noon", problem("bad_moment")),
    ("held", "2026-05-12T10:00+15:00", problem("bad_moment")),
    ("held", "30.02.2026 10:00", problem("impossible_date")),
    ("held", "01.01.1989 10:00", problem("year_out_of_range", min=1990, max=2100)),
    ("held", {"day": "12.05.2026", "time": ""}, problem("half_a_moment")),
    ("held", {"time": "10:00"}, problem("half_a_moment")),
    ("held", {"day": "12.05.2026", "hour": "10"}, problem("wrong_type", expected="datetime")),
    ("held", 5, problem("wrong_type", expected="text")),
    ("chair", "e-2", problem("unknown_person")),
    ("lead", "e-2", problem("unknown_person")),
    ("body", "nobody", problem("unknown_organisation")),
    ("where", spot("4310100"), problem("bad_place")),
    ("where", spot("999999999"), problem("unknown_place")),
    ("where", spot(5), problem("wrong_type", expected="text")),
    ("where", {"place": "x"}, problem("wrong_type", expected="place")),
    ("measured", [{"road": "x"}], problem("not_a_decimal", row=1, column="road")),
    ("measured", [{}, {"at": {"day": "1", "time": "2"}}], problem("bad_moment", row=2, column="at")),
    ("plain", 5, problem("wrong_type", expected="text")),
    ("plain", ["x"], problem("wrong_type", expected="text")),
    ("plain", "a\nb", problem("one_line")),
    ("plain", "a\tb", problem("one_line")),
    ("sum", money("0"), problem("not_positive")),
    ("sum", money("0,00"), problem("not_positive")),
    ("heads", "0", problem("not_positive")),
    ("heads", "-1", problem("not_positive")),
    ("plain", "x" * 301, problem("too_long", max=300, over=1)),
    ("plain", "x" * 2_000_000, problem("too_long", max=300, over=1_999_700)),
    ("short", "x", problem("too_short", min=2)),
    ("short", "x" * 21, problem("too_long", max=20, over=1)),
    ("story", "x" * 5001, problem("too_long", max=5000, over=1)),
    *(
        ("story", f"a{chr(code)}b", problem("control_character"))
        for code in (0, 7, 11, 12, 27, 31, 127, 133, 159, 0xFFFF)
    ),
    ("plain", "\x1fa", problem("control_character")),
    *(("story", f"a{chr(code)}b", problem("direction_character")) for code in (0x202A, 0x202E, 0x2066, 0x2069)),
    ("plain", "a\ud800b", problem("broken_character")),
    ("plain", "a" + "\u0301" * 31, problem("piled_marks", max=30)),
    ("count", "0", problem("too_small", min=1)),
    ("count", 121, problem("too_large", max=120)),
    ("count", "12.9", problem("not_whole")),
    ("count", "12,9", problem("not_whole")),
    ("count", 12.9, problem("not_whole")),
    ("count", 12.0, problem("not_whole")),
    ("count", float("nan"), problem("not_whole")),
    ("count", True, problem("wrong_type", expected="number")),
    ("count", "twelve", problem("not_a_number")),
    ("count", "1e3", problem("not_a_number")),
    ("count", "१२", problem("not_a_number")),
    ("count", "1_000", problem("not_a_number")),
    ("count", "0x10", problem("not_a_number")),
    ("any_number", 10**400, problem("too_large", max=2**53 - 1)),
    ("any_number", -(2**53), problem("too_small", min=1 - 2**53)),
    ("price", "5", problem("wrong_type", expected="money")),
    ("price", {"amount": "5", "currency": "EUR", "tax": "1"}, problem("wrong_type", expected="money")),
    ("price", money(5.5), problem("wrong_type", expected="text")),
    ("price", money(True), problem("wrong_type", expected="text")),
    ("price", money("-5"), problem("negative")),
    ("price", money(-5), problem("negative")),
    ("price", money("5.555"), problem("too_many_decimals", max=2)),
    ("price", money("26,600,000"), problem("not_an_amount")),
    ("price", money("26 60"), problem("not_an_amount")),
    ("price", money("1,234"), problem("too_many_decimals", max=2)),
    ("price", money("1.234"), problem("too_many_decimals", max=2)),
    ("price", money("1.234,567"), problem("too_many_decimals", max=2)),
    ("price", money("1.234.567"), problem("not_an_amount")),
    ("price", money("12,34.56"), problem("not_an_amount")),
    ("price", money("1 234 ₸"), problem("other_currency", sign="₸")),
    ("price", money("₸", "KZT"), problem("not_an_amount")),
    ("price", money("50 %"), problem("not_an_amount")),
    ("price", money("US$ 500"), problem("other_currency", sign="US$")),
    ("price", money("500 рублей", "KZT"), problem("other_currency", sign="рублей")),
    ("price", money("¥500", "USD"), problem("other_currency", sign="¥")),
    ("price", money("$ 500 тенге", "KZT"), problem("other_currency", sign="$ тенге")),
    ("price", {"amount": "¥500"}, problem("other_currency", sign="¥")),
    ("price", {"amount": "5 ₸", "currency": ["KZT"]}, problem("other_currency", sign="₸")),
    ("price", money("A$ 500", "USD"), problem("not_an_amount")),
    ("price", money("500 тыс. тенге", "KZT"), problem("not_an_amount")),
    ("price", money("500 руб. 50 коп.", "RUB"), problem("not_an_amount")),
    ("price", money("1\t234"), problem("one_line")),
    ("phone", "+77011234567\t12", problem("bad_phone")),
    ("phone", "8 701 123 45 67 890", problem("bad_phone")),
    ("phone", "+7 (701 123 45 67", problem("bad_phone")),
    ("price", money("1,5 млн"), problem("not_an_amount")),
    ("price", money("10²"), problem("not_an_amount")),
    ("price", money("١٢٣"), problem("not_an_amount")),
    ("price", money("\u22125"), problem("negative")),
    ("price", money("\u20135"), problem("negative")),
    ("count", "50 %", problem("not_a_number")),
    ("count", "10²", problem("not_a_number")),
    ("phone", "70-30-40", problem("bad_phone")),
    ("phone", "+7 701 123 45 67, +7 701 123 45 68", problem("bad_phone")),
    ("phone", "доб. 123", problem("bad_phone")),
    ("phone", "+7 701 123 45 67 доб.", problem("bad_phone")),
    ("phone", "+7 701 ١٢٣ 45 67", problem("bad_phone")),
    ("phone", "+7 701 123 45 67 доб. 12345678", problem("bad_phone")),
    ("price", money("NaN"), problem("not_an_amount")),
    ("price", money("1e9"), problem("not_an_amount")),
    ("price", money(10**400), problem("not_an_amount")),
    ("price", money("5", "XXX"), problem("unknown_currency")),
    ("price", money("5", ["EUR"]), problem("unknown_currency")),
    ("price", {"amount": "5"}, problem("unknown_currency")),
    ("capped", money("9.99"), problem("too_small", min=10)),
    ("capped", money("1000.01"), problem("too_large", max=1000)),
    ("day", "30.02.2026", problem("impossible_date")),
    ("day", "2026-02-29", problem("impossible_date")),
    ("day", "2026-13-01", problem("impossible_date")),
    ("day", "02/28/2026", problem("bad_date")),
    ("day", "2026-02-28T00:00", problem("bad_date")),
    ("day", "20260228", problem("bad_date")),
    ("day", "1989-12-31", problem("year_out_of_range", min=1990, max=2100)),
    ("day", "01.01.2101", problem("year_out_of_range", min=1990, max=2100)),
    ("day", "0000-00-00", problem("year_out_of_range", min=1990, max=2100)),
    ("pick", "sleep", problem("unknown_choice")),
    ("pick", 1, problem("wrong_type", expected="text")),
    ("region", "KZ-99", problem("unknown_region")),
    ("topic", "fire", problem("unknown_topic")),
    ("lender", "xyz", problem("unknown_lender")),
    ("other", "RQ-2", problem("unknown_case")),
    ("helper", "e-2", problem("unknown_expert")),
    ("paper", "../etc", problem("unknown_file")),
    ("answer", "maybe", problem("not_yes_or_no")),
    ("answer", 1, problem("not_yes_or_no")),
    ("agreed", "on", problem("not_yes_or_no")),
    *(
        ("mail", text, problem("bad_email"))
        for text in ("a", "a@b", "a b@c.kz", ".a@b.kz", "a@-b.kz", "a@b..kz", "a@b.kz>", "x" * 65 + "@b.kz")
    ),
    ("mail", "a@b.kz\nBcc: c@d.kz", problem("one_line")),
    *(("phone", text, problem("bad_phone")) for text in ("12345", "+7 701 abc", "1" * 16, "٠١٢٣٤٥٦٧")),
    ("rows", "a", problem("wrong_type", expected="table")),
    ("rows", {"what": "a"}, problem("wrong_type", expected="table")),
    ("rows", ["a"], problem("wrong_type", expected="row", row=1)),
    ("rows", [{"what": "a", "who": "b"}], problem("unknown_column", row=1, column="who")),
    ("rows", [{}, {"what": "a" * 10}], problem("too_long", max=9, over=1, row=2, column="what")),
    ("rows", [{"when": "30.02.2026"}], problem("impossible_date", row=1, column="when")),
    ("rows", [{"where": "KZ-99"}], problem("unknown_region", row=1, column="where")),
    ("rows", [{"what": "a"}] * 51, problem("too_many_rows", max=50)),
    ("several", [{"what": "a"}], problem("too_few_rows", min=2)),
    ("several", [{"what": "a"}, {"what": ""}, {}], problem("too_few_rows", min=2)),
    ("few", [{"what": "a"}] * 3, problem("too_many_rows", max=2)),
]
