"""Whatever one person sees, another who may not see it gets the answer for what does not exist: everywhere, always.

Everybody of the town looks at every page they have. Then each asks for all that only others have come to see: in the
place of every variable of every address, with every method, in queries, in the fields of every form. The answer must
be that for an invented value, to the byte. New routes are swept as soon as a page leads to them.
"""

from __future__ import annotations

import re
from itertools import islice
from urllib.parse import quote, quote_plus

import pytest
from sqlalchemy import select

from expertise import config
from expertise.app import create_app
from expertise.base import clock
from expertise.cases.model import Case
from expertise.files.model import StoredFile
from tests.laws.conftest import keep_report
from tests.laws.crawling import OWN, crawl
from tests.laws.product import ROOT
from tests.laws.table import FILE, table
from tests.laws.test_permissions import VARIABLE
from tests.laws.two_regions import COLLEAGUES, SEEKERS, WATCHERS, settle
from tests.support.databases import copy_file
from tests.support.days import MONDAY
from tests.support.environment import Environment, Prompt
from tests.support.people import CAST
from tests.support.snapshots import Snapshots

#: Secrets and keys of forms, the signed note of a form (whose page, at which address), and tokens.
NONCES = re.compile(
    r'(?<=name="csrf_token" value=")[^"]+|(?<=name="_page" value=")[^"]+|(?<=name="_key" value=")[^"]+'
    r"|kmk_[\w-]+(?:<wbr>[\w-]+)?"
)
SWAP = str.maketrans("01234567abcdefghijklmnopqrstuvwxyz", "10567234nopqrstuvwxyzabcdefghijklm")
HARMLESS = table()["harmless"]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    data = tmp_path_factory.mktemp("town")
    copy_file(CAST, data / "komek.sqlite")
    app = create_app(config.read({"KOMEK_DATA": str(data), "KOMEK_SECRET_KEY": "k" * 40}))
    app.config["WTF_CSRF_ENABLED"] = False  # a forged token is another law; here every other guard must hold alone
    transactions = app.extensions["komek"].transactions
    keep_report(data)
    with clock.travelling(MONDAY):
        services = app.extensions["komek"].services
        env = Environment(Prompt(transactions.engine, lambda: services), services)
        app.sessions, app.tokens = settle(env)
        app.colleagues = {env.actor(name).key for name in COLLEAGUES}
        yield app
    transactions.engine.dispose()


@pytest.fixture(scope="module")
def browser(town):
    """A fresh browser in which somebody is signed in."""

    def of(name):
        opened = town.test_client()
        if name in town.sessions:
            with opened.session_transaction() as kept:
                kept["token"] = town.sessions[name]
        return opened

    return of


@pytest.fixture(scope="module")
def seen(town, browser):
    """{name: what they come to see}."""
    return {name: crawl(town, browser(name)) for name in [*SEEKERS, *WATCHERS]}


@pytest.fixture(scope="module")
def snapshots(town, seen):
    kept = Snapshots(town.extensions["komek"].settings.database_url.removeprefix("sqlite:///"))
    yield kept
    kept.close()


@pytest.fixture
def ask(browser, snapshots):
    """Ask as somebody: all that comes back, but for what was asked and for the nonces; and whether it was written."""
    browsers = {}

    def ask(name, method, url, asked, data=None):
        if name not in browsers:
            browsers[name] = browser(name)
            browsers[name].get("/sign-in")  # so that the secret of its forms is there
        own = browsers[name]
        snapshots.wrote()
        cookie = own.get_cookie("komek").value
        answer = own.open(url, method=method, data=data, buffered=True)
        wrote = snapshots.wrote(looked=method == "GET")
        if wrote:
            snapshots.back()
        own.set_cookie("komek", cookie)
        words = answer.mimetype.startswith("text/") or answer.mimetype.endswith("+xml")
        text, path = answer.text if words else answer.data, url.split("?")[0]
        text = "" if 300 <= answer.status_code < 400 else text  # the location once more
        headers = {key: hidden(value, path, asked) for key, value in answer.headers if key not in UNLIKE}
        if wrote and "Location" in headers:  # it may lead to what was made just now, under a name of its own
            headers["Location"] = headers["Location"].rpartition("/")[0]
        if "Location" in headers:  # the place in a list that was asked for
            headers["Location"] = headers["Location"].removesuffix(f"={asked}")
        text = hidden(text, path, asked)
        return answer.status_code, headers, text if isinstance(text, bytes) else NONCES.sub("…", text), wrote

    return ask


#: What differs for who asks twice, and with what was asked.
UNLIKE = {"Content-Length", "Set-Cookie", "Date", "ETag"}


def hidden(text, path, asked):
    """The text without what was asked for, which is short for a number: then in its address alone."""
    if isinstance(text, bytes):
        return text
    plain = [path, quote(path, safe=""), f'value="{asked}"', f">{asked}<"]
    for each in plain + [asked, quote(asked), quote_plus(asked)] * (len(asked) > 7):
        text = text.replace(each, "…")
    return text


def invented(value):
    """Of the same shape, and nobody's: other letters, other digits."""
    return str(int(value) + 900_000) if value.isdigit() else value.translate(SWAP)


def identifiers(rule):
    return [name for name in VARIABLE.findall(rule) if name not in HARMLESS]


def room(rule):
    """The register and the cases are two rooms: who may see a case in one may not in the other.

    A page of another name that takes the reference of a case belongs to the cases.
    """
    first = "/" + rule.split("/")[1]  # "/" itself is all of Komek
    return "/cases" if "<reference>" in rule and first != "/register" else first


#: Links of letters: who has one may use it, so what is tried is one that works no more, or belongs elsewhere.
SECRETS = ("token", "page_token", "stop")


def everybodys(town, seen, name):
    return set(town.tokens) if name in SECRETS else set().union(*(each.values(name) for each in seen.values()))


def of_others(town, seen, seeker, name, rule):
    """What stands for <name> in the addresses of others and of none that this one came to see."""
    return sorted(everybodys(town, seen, name) - seen[seeker].values(name, room(rule)))


def unknown(town, seen, seeker, name, rule):
    """`of_others` without whom this one chooses as experts and deputies: of them the keys are in forms."""
    chosen = town.colleagues if seeker.startswith("coordinator") else set()
    return [value for value in of_others(town, seen, seeker, name, rule) if value not in chosen]


def filled(rule, values):
    return VARIABLE.sub(lambda found: quote(values[found[1]]), rule)


def sample(rule, method):
    """A form as the table has it; what stands for something real is left out."""
    written = table()["routes"].get(rule, {}).get(method, [{}])[0].get("send", {})
    return {name: value for name, value in written.items() if "<" not in value} | {"_seen": "1", "_sure": "yes"}


def routes(town):
    """(rule, method), each once; HEAD is GET, and what has no guard of its own is of no interest."""
    rules = [rule for rule in town.url_map.iter_rules() if not rule.rule.startswith("/static/")]
    return sorted((rule.rule, method) for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"})


def about(town, seen, rule, name, value):
    """The other variables of the rule, as somebody saw them together with this one, or as the table has them."""
    chosen = sorted({chosen for each in seen.values() for path, chosen in each.links if path == rule})
    together = [dict(pairs) for pairs in chosen if dict(pairs).get(name) == value]
    anybodys = {each: min(everybodys(town, seen, each)) for each in identifiers(rule)}
    return (
        islice([*together, table()["values"] | anybodys | {name: value}], 2)
        if VARIABLE.findall(rule)[1:]
        else [{name: value}]
    )


def paths(town, seen, seeker):
    """(rule, method, the variable, values) for everything that only others saw."""
    return [
        (rule, method, name, values)
        for rule, method in routes(town)
        for name in identifiers(rule)
        for value in of_others(town, seen, seeker, name, rule)
        for values in about(town, seen, rule, name, value)
    ]


def test_the_crawl_comes_to_everything(town, seen):
    """What nobody comes to see is not swept."""
    with town.extensions["komek"].transactions.read() as session:
        references = set(session.scalars(select(Case.reference)))
        keys = set(session.scalars(select(StoredFile.key)))
    assert len(references) >= 30 and len(keys) >= 4
    assert seen["auditor"].values("reference") == references
    assert seen["auditor"].values("key") == keys
    unknown = {name: rule for rule, _ in routes(town) for name in identifiers(rule) if not everybodys(town, seen, name)}
    assert not unknown, (
        f"No page of the town leads to any value of these variables, so nobody's are tried: {unknown}. Let tests/laws/"
        f"town.py make one that somebody sees, or say under `harmless` in {FILE.name} why everybody may know it."
    )


@pytest.mark.parametrize("seeker", SEEKERS)
def test_no_page_shows_what_is_for_others(town, seen, seeker):
    """Lists, exports, pictures: whatever the crawl was given. Titles are secret as well."""
    own = seen[seeker].values("reference")
    with town.extensions["komek"].transactions.read() as session:
        titled = session.execute(select(Case.title, Case.reference)).all()
    known = {title for title, reference in titled if reference in own}
    secrets = {title for title, _ in titled} - known
    secrets |= {value for name in NAMING for value in unknown(town, seen, seeker, name, "/")}
    assert len(secrets) > 30
    shown = {(secret, url) for secret in secrets for url, text in seen[seeker].pages.items() if secret in text}
    assert not shown


#: Variables with values that stand for one thing wherever they stand; a number may be many things.
NAMING = ("reference", "key", "person", "token")


@pytest.mark.parametrize("seeker", SEEKERS)
def test_what_others_see_answers_like_what_is_not_there(town, seen, ask, seeker):
    expected = {}
    for rule, method, name, values in paths(town, seen, seeker):
        asked, nobodys = values[name], invented(values[name])
        data = None if method == "GET" else sample(rule, method)
        rest = tuple(sorted({**values, name: ""}.items()))
        if (rule, method, rest) not in expected:
            url = filled(rule, values | {name: nobodys})
            expected[rule, method, rest] = ask(seeker, method, url, nobodys, data)
        answer = ask(seeker, method, filled(rule, values), asked, data)
        assert answer == expected[rule, method, rest], (method, rule, values)
        assert not answer[-1], (method, rule, values)


def test_the_sweep_is_wide(town, seen):
    """At least two thousand addresses, or the law has lost its teeth; queries and forms come on top."""
    tries = {seeker: paths(town, seen, seeker) for seeker in SEEKERS}
    assert sum(map(len, tries.values())) >= 2_000
    for seeker, found in tries.items():
        assert {name for _, _, name, _ in found} >= {"reference", "key", "person", "organisation", "absence"}, seeker


@pytest.mark.parametrize("seeker", ["requester_a1", "lead_a1", "coordinator_a", "expert"])
def test_searching_finds_nothing_of_others(town, seen, ask, seeker):
    """Every word of others, in the search of every list that has one."""
    lists = {rule for each in seen.values() for rule, name, _ in each.fields if name in ("region", "show")}
    titles = [f"Жоба {organisation * 4}" for organisation in ("a1", "a2", "b1", "b2") if organisation not in seeker]
    assert "/cases" in lists
    for rule in sorted(rule for rule in lists if not VARIABLE.search(rule)):
        words = titles + [value for name in NAMING for value in unknown(town, seen, seeker, name, rule)]
        assert len(words) > 30
        nothing = ask(seeker, "GET", f"{rule}?query={quote(invented(words[0]))}", invented(words[0]))
        for word in words if rule == "/cases" else words[::8]:
            assert ask(seeker, "GET", f"{rule}?query={quote(word)}", word) == nothing, (rule, word)


#: What a door reads from an address: `request.args.get("after")`, `arguments.get("topic")`.
ARGUMENT = re.compile(r"(?:args|arguments|asked|values)(?:\.get\(|\[)\"(\w+)\"")


@pytest.mark.parametrize(("seeker", "kind"), [("requester_a1", "reference"), ("expert", "person")])
def test_queries_tell_nothing_of_others(town, seen, ask, seeker, kind):
    """Every argument that any door reads, at every page."""
    doors = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "expertise/web").rglob("*.py"))
    arguments = sorted(set(ARGUMENT.findall(doors)))
    assert {"query", "after", "region", "organisation"} <= set(arguments)
    pages = [rule for rule, method in routes(town) if method == "GET" and not VARIABLE.search(rule)]
    theirs = unknown(town, seen, seeker, kind, "/")[0]
    for page in pages:
        for argument in arguments:
            answers = [ask(seeker, "GET", f"{page}?{argument}={each}", each) for each in (theirs, invented(theirs))]
            assert answers[0] == answers[1], (page, argument)


@pytest.mark.parametrize("seeker", ["requester_b1", "lead_a1", "coordinator_a", "expert"])
def test_forms_reach_nothing_of_others(town, seen, ask, seeker):
    """In every field of every form that this one can send: what others had there, and an identifier of each kind."""
    tries = 0
    for rule, method in routes(town):
        own = next((dict(chosen) for path, chosen in sorted(seen[seeker].links) if path == rule), None)
        if method == "GET" or own is None:
            continue
        data = sample(rule, method)
        names = {name for each in seen.values() for path, name, _ in each.fields if path == rule} | data.keys()
        for name in sorted(names - OWN - OPEN):
            for value in foreign(town, seen, seeker, rule, name):
                url = filled(rule, own)
                answers = [ask(seeker, method, url, each, data | {name: each}) for each in (value, invented(value))]
                assert answers[0] == answers[1], (method, rule, name, value)
                tries += 1
    assert tries > 30


#: Fields in which a person writes what they like, and addresses, of which there can be one each in Komek. Why a
#: password is easy to guess depends on its letters, and on nobody else.
OPEN = {"email", "contact_email", "password", "_sure"}


def foreign(town, seen, seeker, rule, name):
    theirs = {value for each in seen.values() for path, field, value in each.fields if (path, field) == (rule, name)}
    mine = {value for path, field, value in seen[seeker].fields if field == name}
    kinds = [unknown(town, seen, seeker, each, "/")[0] for each in ("reference", "person")]
    numbered = {value for value in theirs - mine - town.colleagues if re.search(r"\d", value)}  # no plain yes and no
    return [*sorted(numbered)[:3], *kinds]
