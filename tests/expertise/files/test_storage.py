"""Whole on disk, or not there; and never in memory."""

from __future__ import annotations

import hashlib
import io
import os
import tracemalloc
from datetime import timedelta

import pytest

from expertise.base import clock, crash
from expertise.files import storage


def files(settings):
    return sorted(path.relative_to(settings.data / "files") for path in settings.data.rglob("*") if path.is_file())


def test_file_stands_under_its_hash(settings):
    content = "отчёт".encode() * 50_000
    stored = storage.put(io.BytesIO(content), settings)
    expected = hashlib.sha256(content).hexdigest()
    assert (stored.sha256, stored.size) == (expected, len(content))
    assert stored.path == settings.data / "files" / expected[:2] / expected[2:]
    with storage.open_file(settings.data, stored.sha256) as file:
        assert file.read() == content


def test_same_content_twice_is_one_file(settings):
    storage.put(io.BytesIO(b"same"), settings)
    storage.put(io.BytesIO(b"same"), settings)
    assert len(files(settings)) == 1


def test_nothing_is_a_file_too(settings):
    assert storage.put(io.BytesIO(b""), settings).size == 0


@pytest.mark.parametrize(("size", "fits"), [(100, True), (101, False), (1_000_000, False)])
def test_limit_is_exact(settings, size, fits):
    settings.upload_bytes = 100
    if fits:
        assert storage.put(io.BytesIO(b"x" * size), settings).size == size
    else:
        with pytest.raises(storage.TooLarge):
            storage.put(io.BytesIO(b"x" * size), settings)
        assert files(settings) == []


class Endless:
    """Zeros for ever, or until `then` happens."""

    def __init__(self, then=None, after=3):
        self.given, self.then, self.after = 0, then, after

    def read(self, size):
        self.given += size
        if self.then is not None and self.given > self.after * storage.PIECE:
            raise self.then
        return b"\0" * size


def test_reading_stops_soon_after_the_limit(settings):
    stream = Endless()
    with pytest.raises(storage.TooLarge):
        storage.put(stream, settings)
    assert stream.given <= settings.upload_bytes + 2 * storage.PIECE


def test_broken_line_leaves_nothing(settings):
    with pytest.raises(ConnectionResetError):
        storage.put(Endless(ConnectionResetError()), settings)
    assert files(settings) == []


def test_memory_does_not_grow_with_the_file(settings):
    settings.upload_bytes = 64 * 1024 * 1024
    tracemalloc.start()
    try:
        with pytest.raises(storage.TooLarge):
            storage.put(Endless(), settings)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1024 * 1024


@pytest.mark.fault
@pytest.mark.parametrize(
    ("point", "kept"), [("upload_mid_stream", 0), ("upload_before_rename", 0), ("upload_after_rename", 1)]
)
def test_death_leaves_a_whole_file_or_none(settings, monkeypatch, point, kept):
    monkeypatch.setattr(crash, "_POINT", point)
    monkeypatch.setattr(crash, "_HOW", "error_after")
    with pytest.raises(crash.CrashpointReached):
        storage.put(io.BytesIO(b"content" * 99_999), settings)
    assert len(files(settings)) == kept


@pytest.mark.parametrize("name", ["", "x", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "0" * 64])
def test_what_is_no_hash_is_not_found(settings, name):
    with pytest.raises(FileNotFoundError):
        storage.open_file(settings.data, name)


def test_leftovers_are_found_after_their_time(settings):
    old, young = (storage.put(io.BytesIO(content), settings) for content in (b"old", b"young"))
    arriving = settings.data / "files" / "incoming" / "half"
    arriving.write_bytes(b"ha")
    day_ago = clock.now() - timedelta(days=1)
    for path in (old.path, arriving):
        os.utime(path, (day_ago.timestamp() - 1, day_ago.timestamp() - 1))
    assert list(storage.leftovers(settings.data, day_ago)) == [old.sha256]
    assert not arriving.exists()
    storage.remove(settings.data, old.sha256)
    storage.remove(settings.data, old.sha256)
    assert files(settings) == [young.path.relative_to(settings.data / "files")]


def test_coming_again_makes_a_file_young(settings):
    stored = storage.put(io.BytesIO(b"same"), settings)
    os.utime(stored.path, (0, 0))
    storage.put(io.BytesIO(b"same"), settings)
    assert list(storage.leftovers(settings.data, clock.now() - timedelta(days=1))) == []


def test_no_folder_no_leftovers(settings):
    assert list(storage.leftovers(settings.data, clock.now())) == []
