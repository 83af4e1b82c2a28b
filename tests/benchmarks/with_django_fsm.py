"""The same step with Django, django-fsm and its log: the same rows in the same transaction, through Django's ORM.

The models are made from our tables, so that both write the same columns. The state is an FSMField, the steps are
transitions with a condition, and django-fsm-log adds its own row, as whoever uses it gets it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import django
from django.conf import settings
from sqlalchemy import JSON, Boolean, Column, LargeBinary, Numeric, Table, make_url
from sqlalchemy import Integer as SqlInteger

from expertise.base.database import Instant
from tests.benchmarks.driver import INTENT, as_rows, first_sequence
from tests.benchmarks.written import Operation, Script, key_of, tables

_APP = "tests.benchmarks"


class DjangoFsm:
    """Takes the steps of its scripts in turn."""

    def __init__(self, url: str, given: Sequence[Script]) -> None:
        _set_up(url)
        from django.db import connection, transaction  # noqa: PLC0415 these need the settings

        self.connection, self.transaction = connection, transaction
        every = {**tables(), INTENT.name: INTENT}
        names = {operation.table for each in given for operation in each.operations} | {"cases"}
        states = [_state(each) for each in given]
        self.models = {name: _model(every[name], states if name == "cases" else []) for name in sorted(names)}
        self.scripts, self.number, self.first = given, 0, first_sequence(given[0])
        self._begin_at(states[-1])

    def step(self) -> bool:
        n, shape = divmod(self.number, len(self.scripts))
        script = self.scripts[shape]
        with self.transaction.atomic():
            cases = {case: self.models["cases"].objects.select_for_update().get(pk=case) for case in script.cases}
            for operation in script.operations:
                getattr(self, f"_{operation.kind}")(operation, n, shape, cases)
        self.number += 1
        return True

    def backend(self) -> int | None:
        raw = self.connection.connection
        return raw.info.backend_pid if self.connection.vendor == "postgresql" and raw is not None else None

    def close(self) -> None:
        self.connection.close()

    def _update(self, operation: Operation, n: int, shape: int, cases: dict[int, Any]) -> None:
        for row, key in zip(operation.rows, operation.keys, strict=True):
            values = as_rows(row, n)
            if operation.table != "cases":
                self.models[operation.table].objects.filter(**as_rows(key, n)).update(**values)
                continue
            case = cases[key["id"].base]
            if "state" in values:  # the transition sets it, and the log notes it
                getattr(case, f"step_{shape}")()
                del values["state"]
            for name, value in values.items():
                setattr(case, name, value)
            case.save(update_fields=sorted(row))

    def _insert(self, operation: Operation, n: int, shape: int, cases: dict[int, Any]) -> None:
        model = self.models[operation.table]
        model.objects.bulk_create([model(**as_rows(row, n)) for row in operation.rows])

    def _delete(self, operation: Operation, n: int, shape: int, cases: dict[int, Any]) -> None:
        for key in operation.keys:
            values = as_rows(key, n)
            wanted = {f"{name}__isnull" if value is None else name: True if value is None else value
                      for name, value in values.items()}  # fmt: skip
            self.models[operation.table].objects.filter(**wanted).delete()

    def _begin_at(self, state: str) -> None:
        """The case stands where the last step of the round leaves it."""
        self.models["cases"].objects.filter(pk=self.scripts[0].cases[-1]).update(state=state)


def _state(script: Script) -> str:
    """The state that the script brings its (last) case to."""
    updates = [each for each in script.operations if each.kind == "update" and each.table == "cases"]
    rows = [(key["id"].base, row) for each in updates for row, key in zip(each.rows, each.keys, strict=True)]
    return next(row["state"].base for case, row in rows if case == script.cases[-1])


def _set_up(url: str) -> None:
    """Django's settings for this process: one database, nothing but the log installed."""
    if settings.configured:
        return
    address = make_url(url)
    postgres = address.get_backend_name() == "postgresql"
    database = {
        "ENGINE": f"django.db.backends.{'postgresql' if postgres else 'sqlite3'}",
        "NAME": address.database,
        "USER": address.username or "",
        "PASSWORD": address.password or "",
        "HOST": address.host or "",
        "PORT": str(address.port or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"server_side_binding": True}
        if postgres
        else {"transaction_mode": "IMMEDIATE", "timeout": 15, "init_command": "PRAGMA synchronous=FULL"},
    }
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_fsm_log"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SECRET_KEY=os.urandom(16).hex(),
    )
    django.setup()


def prepare(url: str) -> None:
    """Make the tables that django-fsm-log and what it stands on need; once for each database."""
    _set_up(url)
    from django.core.management import call_command  # noqa: PLC0415 this needs the settings

    call_command("migrate", verbosity=0)


def _model(table: Table, states: Sequence[str]) -> Any:
    """A model of Django over a table of ours; with `states`, one transition leads to each of them."""
    from django.db import models  # noqa: PLC0415 this needs the settings
    from django_fsm import FSMField, transition  # noqa: PLC0415
    from django_fsm_log.decorators import fsm_log_by  # noqa: PLC0415

    keys = ["id"] if "id" in table.c else key_of(table)
    fields: dict[str, Any] = {column.name: _field(models, column, column.name == keys[0]) for column in table.c}
    if states:
        fields["state"] = FSMField(max_length=60)
        for place, state in enumerate(states):
            fields[f"step_{place}"] = _step(transition, fsm_log_by, fields["state"], states[place - 1], state)
    meta = type("Meta", (), {"db_table": table.name, "managed": False, "app_label": "contenttypes"})
    return type(
        f"Bench{table.name.title().replace('_', '')}", (models.Model,), {**fields, "Meta": meta, "__module__": _APP}
    )


def _step(transition: Any, log_by: Any, field: Any, source: str, target: str) -> Callable[..., None]:
    @log_by
    @transition(field=field, source=source, target=target, conditions=[lambda case: case.final is None])
    def step(self: Any, by: Any = None) -> None:
        """The rows beside the state are written by whoever calls."""

    return step


def _field(models: Any, column: Column[Any], key: bool) -> Any:
    """The field of Django for a column; `key`: Django takes it for the primary key."""
    common = {"null": bool(column.nullable), "db_column": column.name, "primary_key": key}
    if key and column.name == "id":
        return models.BigAutoField(primary_key=True)
    for kind, make in (
        (Instant, models.DateTimeField),
        (JSON, models.JSONField),
        (Boolean, models.BooleanField),
        (LargeBinary, models.BinaryField),
        (SqlInteger, models.BigIntegerField),
    ):
        if isinstance(column.type, kind):
            return make(**common)
    if isinstance(column.type, Numeric):
        return models.DecimalField(max_digits=18, decimal_places=2, **common)
    return models.TextField(**common)
