"""The one virus that Komek knows itself: the test file of all scanners. For others see `scanner`."""

from __future__ import annotations

from collections.abc import Iterable

from expertise.files.verdict import UnfitFile

#: https://www.eicar.org: in two halves, so that no scanner finds it here.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def check(windows: Iterable[bytes]) -> None:
    """Raise UnfitFile if one of the overlapping windows holds the test file, also in UTF-16."""
    for window in windows:
        check_window(window)


def check_window(window: bytes) -> None:
    """Raise UnfitFile if this window holds the test file."""
    if EICAR in window or EICAR.decode().encode("utf-16-le") in window:
        raise UnfitFile("file_virus")
