"""Errors that no decision of Komek causes, like an absent database. Refusals are values, see `workflows.refusals`."""

from __future__ import annotations

import errno


class KomekError(Exception):
    """An error that stops Komek. The text is one sentence that says what to do."""


class DatabaseAway(KomekError):
    """The database does not answer. Nothing was stored; the same request may be sent again later.

    `lost`: the connection broke before COMMIT was sent, so the unit may be run again at once.
    """

    lost = False


class StoreUnwritable(DatabaseAway):
    """The database or the folder of files is full or cannot be written. Nothing was stored.

    `full`: there is no room left, so that somebody must make some.
    """

    def __init__(self, text: str, *, full: bool) -> None:
        super().__init__(text)
        self.full = full


#: Numbers of system errors that say that a disk takes nothing: no room, and not writable.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})


def unwritable(error: OSError) -> StoreUnwritable | None:
    """Return the error of a store that takes nothing, None for an error of another kind."""
    if error.errno not in FULL | CLOSED:
        return None
    return StoreUnwritable(f"{error.strerror}: {error.filename or 'a file'}", full=error.errno in FULL)


class TryAgain(KomekError):
    """The unit of work met a concurrent one with the same key and must be run again from its beginning."""
