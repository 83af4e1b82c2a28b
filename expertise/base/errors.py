"""Errors that no decision of Komek causes, like an absent database. Refusals are values, see `workflows.refusals`."""


class KomekError(Exception):
    """An error that stops Komek. The text is one sentence that says what to do."""


class DatabaseAway(KomekError):
    """The database does not answer. Nothing was stored; the same request may be sent again later."""


class TryAgain(KomekError):
    """The unit of work met a concurrent one with the same key and must be run again from its beginning."""
