"""Stores the files of a mail through the common upload pipeline, before any transaction."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from expertise.cases.actions import attachments as uploading
from expertise.cases.actions.attachments import ReceivingLimits, Upload
from expertise.files import file_names
from expertise.files.inspection import MAIL_KINDS
from expertise.mail.inbound.parsed import Attachment
from expertise.text.receipts import reason_of_problem, say
from workflows.definition import Text
from workflows.refusals import Problem

MOST = 20  # files of one mail


@dataclass(frozen=True, slots=True)
class StoredAttachments:
    """Stored files, and name and reason of those that were refused."""

    uploads: tuple[Upload, ...] = ()
    refused: tuple[tuple[str, Text], ...] = ()


def store_attachments(attachments: Sequence[Attachment], limits: ReceivingLimits) -> StoredAttachments:
    """Store and inspect the files. Small pictures of the mail's layout are left out."""
    uploads: list[Upload] = []
    refused: list[tuple[str, Text]] = []
    for attachment in attachments:
        if attachment.small_picture:
            continue
        taken = _take(attachment, limits) if len(uploads) < MOST else Problem("too_many_files")
        if isinstance(taken, Upload):
            uploads.append(taken)
        else:
            refused.append(_refused(attachment, taken))
    return StoredAttachments(tuple(uploads), tuple(refused))


def refuse_all(attachments: Sequence[Attachment], problem: Problem) -> StoredAttachments:
    """Return all files as refused for the same reason."""
    return StoredAttachments(refused=tuple(_refused(each, problem) for each in attachments if not each.small_picture))


def _refused(attachment: Attachment, problem: Problem) -> tuple[str, Text]:
    return " ".join(attachment.name.split())[:100], _reason(problem)


def _take(attachment: Attachment, limits: ReceivingLimits) -> Upload | Problem:
    if any(file_names.is_program(name) for name in attachment.inner_names):
        return Problem("file_hidden")
    return uploading.take(io.BytesIO(attachment.content), attachment.name, limits, MAIL_KINDS)


def _reason(problem: Problem) -> Text:
    return say("too_many_files", most=MOST) if problem.code == "too_many_files" else reason_of_problem(problem)
