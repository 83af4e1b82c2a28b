"""Look after accounts, until there is a page for it: the first administrator has to come from somewhere."""

from __future__ import annotations

import os

import click
from sqlalchemy import select

from expertise import config
from expertise.base import clock
from expertise.commands.telling import Failure, must_be_ready, open_house, told
from expertise.people import verbs
from expertise.people.model import Organisation, Person, Region
from expertise.people.sign_in import SHORTEST_PASSWORD, hash_password, password_problem
from workflows import LANGUAGES
from workflows.refusals import Invalid


@click.group()
def person() -> None:
    """Look after accounts."""


@person.command()
@click.argument("name")
@click.argument("email")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(sorted(verbs.GRANTABLE)))
@click.option("--region", help="ISO code such as KZ-43, for roles of the team that reach one region only.")
@click.option("--organisation", default="project-team", show_default=True, help="Key, e.g. akimat-kz-43.")
@click.option("--language", type=click.Choice(LANGUAGES), default="ru", show_default=True)
@click.password_option(help="Asked for when it is not given.")
@told
def add(
    name: str, email: str, roles: tuple[str, ...], region: str | None, organisation: str, language: str, password: str
) -> None:
    """Add a person who can sign in.

    Example: komek person add "Coordinator, Kyzylorda" coordinator@example.kz --role coordinator --region KZ-43
    """
    if password_problem(password, name, email) is not None:
        raise Failure(f"A password has at least {SHORTEST_PASSWORD} characters and is not easy to guess.")
    house = open_house(config.read(os.environ))
    must_be_ready(house)
    hashed = hash_password(password)
    with house.transactions.write() as session:
        owner = session.scalar(select(Organisation.id).where(Organisation.key == organisation))
        if owner is None:
            raise Failure(f"There is no organisation {organisation}.")
        if region is not None and session.get(Region, region) is None:
            raise Failure(f"There is no region {region}; regions have codes such as KZ-43.")
        added = verbs.add_person(
            session,
            name=name,
            email=email,
            language=language,
            now=clock.now(),
            organisation_id=owner,
            password_hash=hashed,
        )
        if isinstance(added, Invalid):
            raise Failure(_in_words(added))
        for role in roles:
            verbs.grant_role(session, added, role, region)
    click.echo(f"{email} can sign in.")


@person.command()
@click.argument("email")
@told
def deactivate(email: str) -> None:
    """End a person's access at once. The person stays in the trail.

    Example: komek person deactivate coordinator@example.kz
    """
    house = open_house(config.read(os.environ))
    must_be_ready(house)
    with house.transactions.write() as session:
        found = session.scalar(select(Person).where(Person.email == email.strip().lower()))
        if found is None:
            raise Failure(f"Nobody has the address {email}.")
        verbs.deactivate_person(session, found)
    click.echo(f"{email} cannot sign in any more.")


def _in_words(invalid: Invalid) -> str:
    (name, (problem, *_)), *_ = invalid.errors
    return f"The {name} cannot be used: {problem.code.replace('_', ' ')}."
