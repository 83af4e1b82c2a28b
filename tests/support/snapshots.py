"""Whether a request has written anything, and the way back: for laws that try many requests from one state."""

from __future__ import annotations

import sqlite3


class Snapshots:
    """A database file of SQLite, as it is now. `wrote` tells of any commit of others, `back` undoes them all."""

    def __init__(self, path: str) -> None:
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA synchronous=OFF")
        self._kept = sqlite3.connect(":memory:")
        self._file.backup(self._kept)
        self._seen = self._version()

    def wrote(self, *, looked: bool = False) -> bool:
        """Whether anybody has committed a change since this was asked last. SQLite itself counts.

        `looked`: only a page was asked for. That of a case marks the reader's own notifications of it as seen, which
        is no change; the mark is undone.
        """
        before, self._seen = self._seen, self._version()
        wrote = before != self._seen
        if wrote and looked and self.tables() == {"notifications"}:
            self.back()
            return False
        return wrote

    def tables(self) -> set[str]:
        """The tables that are not as they were."""
        names = [name for (name,) in self._file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name
            for name in names
            if self._file.execute(f'SELECT * FROM "{name}"').fetchall()
            != self._kept.execute(f'SELECT * FROM "{name}"').fetchall()
        }

    def back(self) -> None:
        """Make everything as it was."""
        self._kept.backup(self._file)
        self._seen = self._version()

    def dump(self) -> dict[str, list[tuple]]:
        """Every row of every table, in order."""
        names = [name for (name,) in self._file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(self._file.execute(f'SELECT * FROM "{name}"'), key=repr) for name in sorted(names)}

    def close(self) -> None:
        self._file.close()
        self._kept.close()

    def _version(self) -> int:
        return self._file.execute("PRAGMA data_version").fetchone()[0]
