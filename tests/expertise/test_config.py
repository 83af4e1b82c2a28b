"""Settings: a wrong one stops the start with one sentence that names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from expertise import config
from expertise.config import WrongSetting

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KOMEK_PORT", "0"),
        ("KOMEK_PORT", "65536"),
        ("KOMEK_PORT", "http"),
        ("KOMEK_PORT", "80.5"),
        ("KOMEK_PORT", "-1"),
        ("KOMEK_PORT", "٨٠"),
        ("KOMEK_CATCHER_PORT", "x"),
        ("KOMEK_UPLOAD_MEGABYTES", "0"),
        ("KOMEK_UPLOAD_MEGABYTES", "2001"),
        ("KOMEK_DATABASE_URL", "mysql://host/name"),
        ("KOMEK_DATABASE_URL", "komek.sqlite"),
        ("KOMEK_DATABASE_URL", "postgresql://host:port/name"),
        ("KOMEK_URL", "komek.example.kz"),
        ("KOMEK_URL", "ftp://komek.example.kz"),
        ("KOMEK_URL", "https://"),
        ("KOMEK_URL", "https://[::1"),
        ("KOMEK_URL", "https://komek.example.kz:port"),
        ("KOMEK_SECRET_KEY", "short"),
        ("KOMEK_SECOND_FACTOR", "optional"),
        ("KOMEK_SMTP_URL", "mail.example.kz"),
        ("KOMEK_IMAP_URL", "imaps://mail.example.kz"),
        ("KOMEK_IMAP_URL", "https://komek@mail.example.kz"),
        ("KOMEK_LMTP", "24"),
        ("KOMEK_LMTP", "localhost:lmtp"),
        ("KOMEK_CLAMAV", "3310"),
        ("KOMEK_CLAMAV", ":3310"),
        ("KOMEK_CLAMAV", "run/clamd.ctl"),
        ("KOMEK_CLAMAV", "localhost:0"),
        ("KOMEK_CLAMAV", "localhost:65536"),
        ("KOMEK_SMTP_URL", "http://mail.example.kz"),
        ("KOMEK_SMTP_URL", "smtp://"),
        ("KOMEK_SMTP_URL", "smtp://mail.example.kz:port"),
        ("KOMEK_SMTP_URL", "smtp://mail.example.kz:99999"),
        ("KOMEK_MAIL_FROM", "komek"),
        ("KOMEK_MAIL_FROM", "@example.kz"),
        ("KOMEK_MAIL_FROM", "a@b@example.kz"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(name, value):
    with pytest.raises(WrongSetting) as wrong:
        config.read({name: value})
    said = str(wrong.value)
    assert said.startswith(name) and said.endswith((".", "….")) and "\n" not in said


def test_a_name_that_nobody_knows_is_refused():
    with pytest.raises(WrongSetting, match="KOMEK_DATABSE_URL is no setting"):
        config.read({"KOMEK_DATABSE_URL": "sqlite:///x"})
    config.read({"KOMEK_TEST_POSTGRES": "x", "KOMEK_REQUIRE_BROWSER": "1", "PATH": "/bin", "KOMEK_CRASH_AT": ""})


@pytest.mark.parametrize("name", ["KOMEK_POSTGRES_DIR", "KOMEK_MAILSTACK_DIR", "KOMEK_TEST_MAILSTACK"])
def test_a_name_that_our_own_tools_export_stops_nothing(name):
    assert config.read({name: "/somewhere"}) == config.read({})


def test_nothing_needs_to_be_set():
    settings = config.read({})
    assert settings.database_url == f"sqlite:///{Path('var').absolute() / 'komek.sqlite'}"
    assert (settings.host, settings.port, settings.url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.secret_key is None and settings.smtp_url is None and not settings.secure and not settings.demo
    assert settings.upload_bytes == 20 * 1024 * 1024


def test_empty_is_as_good_as_absent():
    given = {setting.name: "" for setting in config.SETTINGS if setting.name != "KOMEK_SECRET_KEY"}
    assert config.read(given) == config.read({})


def test_what_is_set_is_taken(tmp_path):
    settings = config.read(
        {
            "KOMEK_DATA": str(tmp_path),
            "KOMEK_DATABASE_URL": "postgresql://komek@db:5433/komek",
            "KOMEK_PORT": "9000",
            "KOMEK_URL": "https://komek.example.kz/",
            "KOMEK_SECRET_KEY": "k" * 32,
            "KOMEK_SMTP_URL": "smtp+starttls://user:p%40ss@mail.example.kz:587",
            "KOMEK_MAIL_FROM": "help@komek.example.kz",
            "KOMEK_UPLOAD_MEGABYTES": "5",
        }
    )
    assert settings.database_url == "postgresql+psycopg://komek@db:5433/komek"
    assert (settings.url, settings.secure, settings.port) == ("https://komek.example.kz", True, 9000)
    assert settings.mail_domain == "komek.example.kz" and settings.caught == tmp_path / "caught"
    assert settings.upload_bytes == 5 * 1024 * 1024


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:3310", ("127.0.0.1", 3310)),
        ("[::1]:65535", ("::1", 65535)),
        ("/run/clamav/clamd.ctl", Path("/run/clamav/clamd.ctl")),
    ],
)
def test_the_virus_scanner_is_a_host_and_port_or_a_socket(text, found):
    assert config.read({"KOMEK_CLAMAV": text}).clamav == found


def test_the_address_follows_the_port():
    assert config.read({"KOMEK_PORT": "8123"}).url == "http://127.0.0.1:8123"


def test_every_setting_that_is_read_stands_in_the_table():
    read = set(re.findall(r'"(KOMEK_[A-Z_]+[A-Z])"', (ROOT / "expertise" / "config.py").read_text(encoding="utf-8")))
    assert read == config.KNOWN
    for setting in config.SETTINGS:
        assert setting.default and setting.meaning
