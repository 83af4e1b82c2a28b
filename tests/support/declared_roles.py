"""A small process whose definition declares roles of every kind, beside the shipped ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from expertise import registry
from expertise.base import clock
from workflows import roles
from workflows.definition import Definition

#: A problem is routed to a body, which answers; a commission judges the answer, under a chair whom the case names.
VOICE = """
workflow: voice
version: 1
reference: "VC-{year}-{number:04d}"
title: {kk: Азамат үні, ru: Голос гражданина, en: Citizen's voice}
calendar: KZ
initial: draft
opened_by: [requester, board]
roles:
  servant: {label: {kk: орындаушы, ru: исполнитель, en: servant}, members_of: body}
  chair: {label: {kk: төраға, ru: председатель, en: chair}, person: led_by}
  board: {label: {kk: комиссия, ru: комиссия, en: commission}, grant: true}
  council: {label: {kk: кеңес, ru: совет, en: council}, grant: country}
fields:
  title: {type: text, as: title, label: {kk: Атауы, ru: Название, en: Title}}
  region: {type: region, as: region, label: {kk: Аймақ, ru: Регион, en: Region}}
  body: {type: lender, label: {kk: Орган, ru: Орган, en: Body}}
  led_by: {type: person, label: {kk: Кім басқарады, ru: Кто ведёт, en: Led by}}
  answer: {type: long_text, label: {kk: Жауап, ru: Ответ, en: Answer}}
states:
  draft:
    label: {kk: Жоба, ru: Черновик, en: Draft}
    with: requester
    edit: {requester: [title, region, body], board: [title, region]}
  routing: {label: {kk: Бағыттау, ru: Маршрутизация, en: Routing}, with: board, deadline: {within: 5 working days}}
  in_work:
    label: {kk: Жұмыста, ru: В работе, en: In work}
    with: servant
    edit: {servant: [answer]}
    deadline: {within: 5 working days, remind: 2 working days before, escalate: [{after: 1 day, to: council}]}
  judged: {label: {kk: Бағалау, ru: Оценка, en: Judged}, with: board, deadline: {within: 5 working days}}
  closed: {label: {kk: Жабық, ru: Закрыто, en: Closed}, final: succeeded}
transitions:
  submit:
    label: {kk: Жіберу, ru: Подать, en: Submit}
    from: draft
    to: routing
    by: [requester, board]
    requires: [title, region]
    tells: {board: request_received}
  route:
    label: {kk: Бағыттау, ru: Направить, en: Route}
    from: routing
    to: in_work
    by: board
    asks: {body: required, led_by: optional}
    tells: {servant: case_to_you, chair: case_progress}
  reply:
    label: {kk: Жауап беру, ru: Ответить, en: Answer}
    from: in_work
    to: judged
    by: servant
    asks: {answer: required}
    mail: done
    tells: {board: case_to_you, requester: case_progress}
  take_back:
    label: {kk: Қайтарып алу, ru: Отозвать, en: Recall}
    from: in_work
    to: routing
    by: [board, chair]
    tells: {servant: case_progress}
  accept:
    label: {kk: Қабылдау, ru: Принять, en: Accept}
    from: judged
    to: closed
    by: [board, council]
    not_by: [servant]
    quorum: 2
    tells: {requester: case_closed, servant: case_closed}
  send_back:
    label: {kk: Қайтару, ru: Вернуть, en: Send back}
    from: judged
    to: in_work
    by: [board, chair]
    asks: {comment: required}
    tells: {servant: case_sent_back}
"""


def write(folder: Path, text: str = VOICE) -> dict[str, Definition]:
    """Write the process beside the shipped ones; returns all definitions, judged."""
    for file in registry.DEFINITIONS.glob("*.yaml"):
        shutil.copy(file, folder)
    key = text.split("workflow: ", 1)[1].split("\n", 1)[0]
    (folder / f"{key}.yaml").write_text(text, encoding="utf-8")
    return registry.load(folder)


@contextmanager
def known() -> Iterator[None]:
    """What is declared within is forgotten afterwards: the directory of roles is one for the process."""
    before = roles.declared()
    try:
        yield
    finally:
        roles.replace_all(before)


def under(env: Any, folder: Path, text: str = VOICE) -> Any:
    """The environment, with the process published."""
    definitions = write(folder, text)
    with env.transactions.write() as session:
        registry.publish(session, definitions, clock.now(), folder)
    env.services = replace(env.services, definitions=registry.Registry(definitions, env.transactions.read))
    return env
