"""The accounts of the demonstration, named by role and place."""

from __future__ import annotations

from workflows.definition import Text

#: Everybody's password in the demonstration; public by nature.
PASSWORD = "komek demonstration"  # noqa: S105


def sign_in_list() -> list[tuple[str, Text]]:
    """E-mail address and name of each account, for the sign-in page."""
    return []
