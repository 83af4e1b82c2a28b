"""Faults that are nobody's decision: a database that is away. Refusals are values elsewhere."""


class KomekError(Exception):
    """Something stops Komek; the text is one sentence that says what to do."""


class DatabaseAway(KomekError):
    """The database does not answer. Nothing was stored; the same request may be sent again later."""


class TryAgain(KomekError):
    """The unit of work met its twin and must be run anew from its beginning."""
