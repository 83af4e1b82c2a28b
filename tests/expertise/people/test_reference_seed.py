"""Reference data, and finding one's way in them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from expertise.people.model import Lender, Organisation, Region, RegionHistory, Topic
from expertise.people.reference_seed import load_reference


def count(session, kind):
    return session.scalar(select(func.count()).select_from(kind))


def test_everything_of_the_files_is_there(reference):
    with reference.read() as session:
        assert count(session, Region) == 20
        assert count(session, Topic) == 28
        assert count(session, Lender) == 18
        assert count(session, Organisation) == 39  # an akimat and a lender each, and the team


def test_loading_again_changes_nothing(reference):
    with reference.write() as session:
        assert load_reference(session) == 0


def test_loading_again_mends_what_differs(reference):
    with reference.write() as session:
        session.get(Region, "KZ-43").name_ru = "?"
        session.delete(session.get(Lender, "GCF"))
        session.flush()
        assert load_reference(session) == 2
        assert session.get(Region, "KZ-43").name_ru == "Кызылординская область"


def test_history_knows_the_splits_of_2018_and_2022(reference):
    with reference.read() as session:
        came_out = {row.successor: (row.predecessor, row.on) for row in session.scalars(select(RegionHistory))}
        assert session.get(Region, "KZ-10").since == date(2022, 6, 8)
        assert session.get(Region, "KZ-63").since is None
    assert came_out == {
        "KZ-10": ("KZ-63", date(2022, 6, 8)),
        "KZ-33": ("KZ-19", date(2022, 6, 8)),
        "KZ-62": ("KZ-35", date(2022, 6, 8)),
        "KZ-79": ("KZ-61", date(2018, 6, 19)),
    }


def test_akimats_are_named_in_three_languages(reference):
    with reference.read() as session:
        names = {
            row.region: (row.name_kk, row.name_ru, row.name_en)
            for row in session.scalars(select(Organisation).where(Organisation.key.like("akimat-%")))
        }
    assert names["KZ-43"] == (
        "Қызылорда облысының әкімдігі",
        "Акимат Кызылординской области",
        "Akimat of Kyzylorda Region",
    )
    assert names["KZ-10"][1] == "Акимат области Абай"
    assert names["KZ-79"][:2] == ("Шымкент қаласының әкімдігі", "Акимат города Шымкент")
    assert all(len(set(found)) == 3 for found in names.values())


def test_every_topic_has_a_five_digit_purpose_code_and_a_known_parent(reference):
    with reference.read() as session:
        found = session.execute(select(Topic.key, Topic.parent, Topic.dac_code)).all()
    assert all(len(row.dac_code) == 5 and row.dac_code.isdigit() for row in found)
    assert {row.parent for row in found} - {None} <= {row.key for row in found}
