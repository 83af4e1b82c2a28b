"""Faults that are nobody's decision: wrong settings, a database that is away. Refusals are values elsewhere."""


class KomekError(Exception):
    """Something stops Komek; the text is one sentence that says what to do."""


class WrongSetting(KomekError):
    """A setting is missing or cannot be used. The text names it and says what would be right."""


class DatabaseAway(KomekError):
    """The database does not answer. Nothing was stored; the same request may be sent again later."""


class TryAgain(KomekError):
    """The unit of work met its twin and must be run anew from its beginning."""
