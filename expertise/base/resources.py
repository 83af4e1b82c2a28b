"""Paths of folders that hold no Python: beside the packages in a checkout, inside `expertise` once installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
#: setup.py copies the folders of the checkout here when it builds a wheel.
_INSTALLED = _PACKAGE / "_resources"


def folder(name: str) -> Path:
    """Return the path of the folder `templates` or `migrations`."""
    installed = _INSTALLED / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
