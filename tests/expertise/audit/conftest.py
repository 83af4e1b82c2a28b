"""A furnished house on both databases; tests that no database can change ask for `on_sqlite` as well."""

from __future__ import annotations

from tests.expertise.cases.scenery import env

__all__ = ["env"]
