"""Killed while it reads a real mailbox: what lies there is stored once, and nothing leaves before it is stored."""

from __future__ import annotations

import pytest

from expertise.inbox import imap
from expertise.mail.inbound.model import InboundMail
from tests.faults.crashing_actions import kill
from tests.support import mailstack

pytestmark = [pytest.mark.mailstack, pytest.mark.fault]


@pytest.mark.parametrize("point", ["inbound_after_fetch", "inbound_after_store"])
def test_killed_between_mailbox_and_store(env, time, point, tmp_path):
    servers = mailstack.servers()
    manager = servers.of_team("manager")
    for number in range(3):
        raw = f"From: <{manager}>\r\nMessage-ID: <{point}-{number}@team.test>\r\n\r\nDONE\r\n".encode()
        servers.hand_in(manager, f"r.{number}@{servers.domain}", raw)
    servers.arrived(servers.komek, 3)
    kill(env, {"verb": "poll", "with": [servers.imap_url()]}, point, tmp_path)
    assert len(servers.lying_in(servers.komek)) == 3
    assert len(env.rows(InboundMail.id)) == (point == "inbound_after_store")

    assert imap.poll(env.transactions, servers.imap_url()) == 3
    assert len(env.rows(InboundMail.id)) == 3
    assert servers.lying_in(servers.komek) == []
    assert len(servers.lying_in(servers.komek, imap.DONE)) == 3
