"""Real mail servers for tests, as tools/mailstack has started them: Postfix takes, Dovecot keeps."""

from __future__ import annotations

import email
import os
import secrets
import smtplib
from collections.abc import Callable
from email import policy
from typing import TypeVar
from urllib.parse import quote

import pytest
from imap_tools import MailBoxUnencrypted

from tests.support.waiting import until

T = TypeVar("T")

SPOKEN = os.environ.get("KOMEK_TEST_MAILSTACK", "")
#: Seconds that another program may take for its part; a test that needs them all has failed.
PATIENCE = 60


class Servers:
    """Where they listen, and what lies in their mailboxes: in domains that no other test has."""

    def __init__(self, ports: dict[str, int]) -> None:
        self.ports = ports
        label = secrets.token_hex(6)
        self.domain, self.team = f"{label}.komek.test", f"{label}.team.test"
        self.komek = f"komek@{self.domain}"
        self.smtp_url = f"smtp://127.0.0.1:{ports['smtp']}"

    def of_team(self, name: str) -> str:
        return f"{name}@{self.team}"

    def imap_url(self) -> str:
        return f"imap://{quote(self.komek)}:test@127.0.0.1:{self.ports['imap']}/INBOX"

    def hand_in(self, sender: str, recipient: str, raw: bytes) -> None:
        """As a person's mail program, or another server, would."""
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"], timeout=PATIENCE) as line:
            line.sendmail(sender, [recipient], raw)

    def lying_in(self, box: str, folder: str = "INBOX") -> list[bytes]:
        with self._open(box) as opened:
            if not opened.folder.exists(folder):
                return []
            opened.folder.set(folder)
            return [opened.client.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1] for uid in opened.uids()]

    def arrived(self, box: str, number: int = 1) -> list[email.message.EmailMessage]:
        """The mails of a box, once there are that many, and never more."""
        found = self.arrived_any(box, number)
        assert len(found) == number
        return found

    def arrived_any(self, box: str, least: int = 1) -> list[email.message.EmailMessage]:
        """The mails of a box, once there are at least so many."""
        raw = arrived(lambda: found if len(found := self.lying_in(box)) >= least else None)
        return [email.message_from_bytes(each, policy=policy.default) for each in raw]

    def _open(self, box: str) -> MailBoxUnencrypted:
        return MailBoxUnencrypted("127.0.0.1", self.ports["imap"], timeout=PATIENCE).login(box, "test")


def servers() -> Servers:
    """Skips where there are none."""
    if not SPOKEN:
        pytest.skip("KOMEK_TEST_MAILSTACK is not set; say: export KOMEK_TEST_MAILSTACK=$(tools/mailstack start)")
    return Servers({name: int(port) for name, _, port in (pair.partition("=") for pair in SPOKEN.split())})


def arrived(look: Callable[[], T | None]) -> T:
    """What `look` finds of what the servers carry, as soon as it is there."""
    return until(look, PATIENCE)
