"""`komek listen` and `komek take-in`: ways for a mail server to deliver mail, by LMTP or through a pipe."""

from __future__ import annotations

import os
import signal
import sys
import threading

import click

from expertise import config
from expertise.commands.output import must_be_free, must_be_ready, open_runtime, with_plain_errors
from expertise.config import WrongSetting
from expertise.inbox import process
from expertise.inbox.lmtp import LmtpListener
from expertise.mail.inbound.store import Envelope

#: sysexits.h: the mail server keeps the mail and tries again.
TEMPORARY_FAILURE = 75


@click.command()
@with_plain_errors
def listen() -> None:
    """Take mail from a mail server by LMTP until the process is ended; it is stored before it is acknowledged.

    Example: KOMEK_LMTP=127.0.0.1:24 komek listen
    """
    settings = config.read(os.environ)
    if settings.lmtp is None:
        raise WrongSetting("KOMEK_LMTP is missing: where to listen, e.g. 127.0.0.1:24.")
    runtime = open_runtime(settings)
    must_be_ready(runtime)
    must_be_free(*settings.lmtp, "KOMEK_LMTP")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    listener = LmtpListener(runtime.transactions, settings.mail_domain, *settings.lmtp)
    listener.start()
    ended.wait()
    listener.stop()


@click.command("take-in")
@click.option("--sender", default="", help="Sender of the envelope; empty for a bounce.")
@click.option("--recipient", default="", help="Recipient of the envelope.")
def take_in(sender: str, recipient: str) -> None:
    """Store the mail on standard input. Ends with 75 ("try again") for as long as it is not stored.

    Example: komek take-in --sender ${sender} --recipient ${recipient}   (after "pipe argv=" in Postfix' master.cf)
    """
    try:
        runtime = open_runtime(config.read(os.environ))
        raw = sys.stdin.buffer.read()
        process.receive_mail(runtime.transactions, raw, Envelope("pipe", sender, recipient))
    except Exception as fault:  # noqa: BLE001 whatever it is, a server that hears anything but 75 sends the mail back
        click.echo(f"not stored, try again: {fault}", err=True)
        sys.exit(TEMPORARY_FAILURE)
