"""Result of the inspection of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Code of a refusal → its meaning. The interfaces translate the codes.
PROBLEMS: Mapping[str, str] = {
    "file_empty": "there is nothing in it",
    "file_type": "files with this ending are not taken",
    "file_content": "the content is not what the ending of the name says",
    "file_damaged": "it is damaged or incomplete",
    "file_locked": "it is protected by a password",
    "file_macros": "it holds macros or other programs",
    "file_hidden": "something else is hidden in it: an archive, a program, a second file",
    "file_virus": "a virus was found in it",
    "file_bomb": "it unpacks to far more than its size",
}


@dataclass(frozen=True, slots=True)
class AcceptedFile:
    """The file may be stored. `clean_name` is text to show, never a path; `media_type` follows from the content."""

    media_type: str
    clean_name: str


class UnfitFile(Exception):
    """Raised in this room only; `inspection.inspect` turns it into a Problem."""

    def __init__(self, code: str) -> None:
        super().__init__(PROBLEMS[code])
        self.code = code
