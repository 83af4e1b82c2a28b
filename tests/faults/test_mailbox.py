"""Killed while it reads a real mailbox: what lies there is stored once, and nothing leaves before it is stored."""

from __future__ import annotations

import pytest

from expertise.doors.inbox import mailbox
from expertise.mail.inbound_model import InboundMail
from tests.faults.deeds import kill
from tests.support import mailstack

pytestmark = [pytest.mark.mailstack, pytest.mark.fault, pytest.mark.xdist_group("mailstack")]

BOX = "komek@komek.test"


@pytest.mark.parametrize("point", ["inbound_after_fetch", "inbound_after_store"])
def test_killed_between_mailbox_and_store(house, time, point, tmp_path):
    servers = mailstack.servers()
    for number in range(3):
        raw = f"From: <manager@team.test>\r\nMessage-ID: <{point}-{number}@team.test>\r\n\r\nDONE\r\n".encode()
        servers.hand_in("manager@team.test", f"r.{number}@komek.test", raw)
    servers.arrived(BOX, 3)
    kill(house, {"verb": "poll", "with": [servers.imap_url()]}, point, tmp_path)
    assert len(servers.lying_in(BOX)) == 3
    assert len(house.rows(InboundMail.id)) == (point == "inbound_after_store")

    assert mailbox.poll(house.transactions, servers.imap_url()) == 3
    assert len(house.rows(InboundMail.id)) == 3
    assert servers.lying_in(BOX) == []
    assert len(servers.lying_in(BOX, mailbox.DONE)) == 3
