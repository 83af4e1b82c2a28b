"""What applications of one process share in tests, and passwords that are cheap to check."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.test import TestResponse

from expertise import registry
from workflows.definition import Definition

#: As little work as Argon2 allows. The strength of real hashes is asserted in tests/expertise/people/auth.
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@cache
def cheap_hash(password: str) -> str:
    """A hash with which the password is checked in no time; `password` is plain ASCII."""
    return _CHEAP.hash(password)


class CompiledTemplates(BytecodeCache):
    """Keeps the code of templates by name and source, for every application of the process."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


class Client(FlaskClient):
    """Closes the body that it sent, which above 500 KB is an open temporary file until somebody closes it."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        response = super().open(*args, **options)
        response.request.input_stream.close()
        return response


def share(patch: pytest.MonkeyPatch) -> None:
    """Read the workflows and compile each template once per process, whatever the application; close uploads."""
    read = registry.load

    @cache
    def shipped() -> dict[str, Definition]:
        return read()

    def load(folder: Path = registry.DEFINITIONS) -> dict[str, Definition]:
        return dict(shipped()) if folder == registry.DEFINITIONS else read(folder)

    patch.setattr(registry, "load", load)
    patch.setattr(Flask, "test_client_class", Client)
    patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": CompiledTemplates()})
