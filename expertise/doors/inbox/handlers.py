"""Who understands replies to letters of a special kind."""

from __future__ import annotations

from collections.abc import Mapping

from expertise.doors.inbox import questionnaires
from expertise.doors.inbox.replies import Handler
from expertise.questionnaires.send_questions import LETTER

#: Letter → who understands replies to it; None from it: treat the reply like any other. Doors are assembled from
#: what lies below them, so whoever writes such letters adds a line here.
HANDLERS: Mapping[str, Handler] = {LETTER: questionnaires.answered}
