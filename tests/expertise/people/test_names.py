"""Names of places and bodies: three languages, looked up once."""

from __future__ import annotations

from sqlalchemy import select, update

from expertise.people.model import Organisation, Region
from expertise.people.names import NOBODY, Names


def test_names_are_looked_up_once_until_they_are_forgotten(reference, sent):
    names = Names()
    with reference.write() as session:
        akimat = session.scalar(select(Organisation.id).where(Organisation.key == "akimat-kz-43"))
        sent.clear()
        first = names.organisation(session, akimat)
        assert set(first) == {"kk", "ru", "en"} and all(first.values())
        assert names.organisation(session, akimat) == first and len(sent) == 1
        session.execute(update(Organisation).where(Organisation.id == akimat).values(name_en="Renamed"))
        assert names.organisation(session, akimat)["en"] != "Renamed"
        names.forget()
        assert names.organisation(session, akimat)["en"] == "Renamed"


def test_regions_and_organisations_are_not_mixed_up(reference):
    names = Names()
    with reference.read() as session:
        code = session.scalars(select(Region.code)).first()
        region = session.get(Region, code)
        assert names.region(session, code) == {"kk": region.name_kk, "ru": region.name_ru, "en": region.name_en}


def test_nobody_and_the_unknown_have_no_name(reference):
    names = Names()
    with reference.read() as session:
        for found in (names.organisation(session, None), names.region(session, None), names.region(session, "KZ-99")):
            assert found == NOBODY
        assert names.organisation(session, 4711) == NOBODY
