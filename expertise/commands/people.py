"""`komek person`: accounts from the command line, where the first administrator has to come from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from expertise import config
from expertise.app import AppRuntime
from expertise.asked_letters import link_letter
from expertise.base import clock
from expertise.commands.output import CommandFailed, must_be_ready, open_runtime, with_plain_errors
from expertise.config import Settings
from expertise.mail.outbound import outbox
from expertise.people.auth import password_links
from expertise.people.auth.sign_in import hash_password, password_problem
from expertise.people.manage import accounts, organisation_leads, pending_changes
from expertise.people.model import Organisation, Person, Region
from expertise.text.passwords import password_sentence
from expertise.text.translator import TRANSLATORS
from workflows import LANGUAGES
from workflows.refusals import Invalid


@click.group()
def person() -> None:
    """Look after accounts."""


@person.command()
@click.argument("name")
@click.argument("email")
@click.option("--role", "roles", multiple=True, required=True)
@click.option("--region", help="ISO code such as KZ-43, for roles of the team that reach one region only.")
@click.option("--organisation", default="project-team", show_default=True, help="Key, e.g. akimat-kz-43.")
@click.option("--language", type=click.Choice(LANGUAGES), default="ru", show_default=True)
@click.option(
    "--password",
    prompt=True,
    prompt_required=False,
    hide_input=True,
    confirmation_prompt=True,
    help="Set a password instead of sending an invitation; without a value it is asked for.",
)
@with_plain_errors
def add(
    name: str,
    email: str,
    roles: tuple[str, ...],
    region: str | None,
    organisation: str,
    language: str,
    password: str | None,
) -> None:
    """Add a person and send an invitation, by whose link the person sets a password. Asks nothing.

    Example: komek person add "Coordinator, Kyzylorda" coordinator@example.kz --role coordinator --region KZ-43
    """
    settings = config.read(os.environ)
    runtime = open_runtime(settings)
    must_be_ready(runtime)
    hashed = None if password is None else _hashed(runtime, password, (name, email, organisation))
    with runtime.transactions.write() as session:
        owner = session.scalar(select(Organisation.id).where(Organisation.key == organisation))
        if owner is None:
            raise CommandFailed(f"There is no organisation {organisation}.")
        if region is not None and session.get(Region, region) is None:
            raise CommandFailed(f"There is no region {region}; regions have codes such as KZ-43.")
        added = accounts.add_person(
            session,
            name=name,
            email=email,
            language=language,
            now=clock.now(),
            organisation_id=owner,
            password_hash=hashed,
        )
        if isinstance(added, Invalid):
            raise CommandFailed(_sentence(added))
        for role in roles:
            _grant(session, added, role, region)
        if hashed is None:
            _invite(session, settings, added)
    click.echo(f"{email} can sign in." if hashed is not None else f"{email} is invited by mail.")
    if hashed is None and settings.smtp_url is None:
        click.echo("No mail server is set (KOMEK_SMTP_URL): until then the invitation waits in the outbox.", err=True)


@person.command()
@click.argument("email")
@with_plain_errors
def deactivate(email: str) -> None:
    """End a person's access at once. The person stays in the trail.

    Example: komek person deactivate coordinator@example.kz
    """
    with _found(email) as (session, found):
        accounts.deactivate_person(session, found)
    click.echo(f"{email} cannot sign in any more.")


@person.command("forget-telephone")
@click.argument("email")
@with_plain_errors
def forget_telephone(email: str) -> None:
    """Take second factor and passkeys away from somebody who lost both telephone and paper.

    They set up another one at the next sign-in, and every session of theirs ends. Be sure who asks: call back on a
    number you know.

    Example: komek person forget-telephone coordinator@example.kz
    """
    with _found(email) as (session, found):
        pending_changes.forget_telephone(session, found)
    click.echo(f"{email} signs in with the password alone once more, and then sets up a telephone.")


@person.command()
@click.argument("email")
@with_plain_errors
def reactivate(email: str) -> None:
    """Give a person access again, for instance after an objection. Roles are as they were.

    Example: komek person reactivate coordinator@example.kz
    """
    with _found(email) as (session, found):
        accounts.reactivate_person(session, found)
    click.echo(f"{email} has access again.")


@person.command("give-role")
@click.argument("email")
@click.argument("role")
@click.option("--region", help="ISO code such as KZ-43, for roles of the team that reach one region only.")
@with_plain_errors
def give_role(email: str, role: str, region: str | None) -> None:
    """Give a role at once, for emergencies: on the pages, roles that decide need two administrators.

    It stands in the person's history as done by the command line, and the person and all administrators get a letter.

    Example: komek person give-role admin@example.kz administrator
    """
    with _found(email) as (session, found):
        if region is not None and session.get(Region, region) is None:
            raise CommandFailed(f"There is no region {region}; regions have codes such as KZ-43.")
        _grant(session, found, role, region)
    click.echo(f"{email} is {role}.")


@person.command("change-address")
@click.argument("email")
@click.argument("new")
@with_plain_errors
def change_address(email: str, new: str) -> None:
    """Change a person's address at once, for emergencies. Letters go to the old address, too.

    Example: komek person change-address coordinator@example.kz coordinator@example.org
    """
    with _found(email) as (session, found):
        refused = organisation_leads.change_email(session, found, new, clock.now())
        if refused is not None:
            raise CommandFailed(_sentence(refused))
    click.echo(f"{email} is now {new.strip().lower()}.")


@person.command()
@with_plain_errors
def pending() -> None:
    """List the changes that wait for a second administrator, with their numbers.

    Example: komek person pending
    """
    runtime = open_runtime(config.read(os.environ))
    must_be_ready(runtime)
    with runtime.transactions.read() as session:
        for change in pending_changes.waiting(session, clock.now()):
            values = " ".join(str(value) for value in change.values.values())
            told = f"{change.id}  {change.person.email}  {change.what} {values}".rstrip()
            click.echo(f"{told}  asked by {change.asked_by} on {change.asked_at:%d.%m.%Y}")


@person.command()
@click.argument("number", type=int)
@with_plain_errors
def confirm(number: int) -> None:
    """Confirm a change in place of a second administrator, where there is only one. Call the person before.

    It stands in the person's history as confirmed by the command line, and all administrators get a letter.

    Example: komek person confirm 7
    """
    _decide(number, confirmed=True)
    click.echo(f"Change {number} is made.")


@person.command()
@click.argument("number", type=int)
@with_plain_errors
def refuse(number: int) -> None:
    """Refuse a change that waits for a second administrator.

    Example: komek person refuse 7
    """
    _decide(number, confirmed=False)
    click.echo(f"Change {number} is not made.")


def _decide(number: int, *, confirmed: bool) -> None:
    runtime, now = open_runtime(config.read(os.environ)), clock.now()
    must_be_ready(runtime)
    with runtime.transactions.write() as session:
        today = runtime.services.calendar.local_day(now)
        refused = (
            pending_changes.confirm(session, number, None, now, today)
            if confirmed
            else pending_changes.turn_down(session, number, None, now)
        )
        if refused is not None:
            over = refused.errors[0][1][0].code == "change_over"
            raise CommandFailed(f"No change {number} waits any more." if over else _sentence(refused))


def _grant(session: Session, found: Person, role: str, region: str | None) -> None:
    """Give a role, or say why it cannot be given so. Definitions declare roles, so names are known at run time only."""
    if role not in accounts.GRANTABLE:
        raise CommandFailed(f"There is no role {role}; the roles are {', '.join(accounts.GRANTABLE)}.")
    given = accounts.grant_role(session, found, role, region)
    if isinstance(given, Invalid):
        raise CommandFailed(f"{role}: {_sentence(given)}")


def _hashed(runtime: AppRuntime, password: str, known: tuple[str, str, str]) -> str:
    """Return the hash of a password. `known`: name and address of the person, key of the organisation.

    Raises CommandFailed for a password that would not do on the page either.
    """
    with runtime.transactions.read() as session:
        asked = select(Organisation.name_kk, Organisation.name_ru, Organisation.name_en)
        names = session.execute(asked.where(Organisation.key == known[2])).first() or ()
    problem = password_problem(password, *known, *names)
    if problem is not None:
        raise CommandFailed(password_sentence(problem, TRANSLATORS["en"]))
    return hash_password(password)


def _invite(session: Session, settings: Settings, person: Person) -> None:
    now = clock.now()
    issued = password_links.issue(session, person, password_links.INVITATION, now)
    outbox.queue(session, [link_letter(issued, settings.url, now)], now)


@contextmanager
def _found(email: str) -> Iterator[tuple[Session, Person]]:
    """Give the person with that address in a transaction. Raises CommandFailed."""
    runtime = open_runtime(config.read(os.environ))
    must_be_ready(runtime)
    with runtime.transactions.write() as session:
        person = session.scalar(select(Person).where(Person.email == email.strip().lower()))
        if person is None:
            raise CommandFailed(f"Nobody has the address {email}.")
        yield session, person


def _sentence(invalid: Invalid) -> str:
    (name, (problem, *_)), *_ = invalid.errors
    return f"The {name} cannot be used: {problem.code.replace('_', ' ')}."
