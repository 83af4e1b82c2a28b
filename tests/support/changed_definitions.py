"""The shipped workflows with words exchanged in their files, published in a version of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from expertise import registry
from expertise.base import clock
from workflows.definition import Definition

#: Workflow → what is exchanged in its file: old text, which stands there, and new text.
Exchanges = Mapping[str, Sequence[tuple[str, str]]]


def write_changed(folder: Path, exchanges: Exchanges) -> dict[str, Definition]:
    """Write the files to the folder, the version of each changed one raised; returns the definitions, judged."""
    for file in registry.DEFINITIONS.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        for old, new in exchanges.get(file.stem, ()):
            assert old in text, old
            text = text.replace(old, new, 1)
        if file.stem in exchanges:
            text = re.sub(r"^version: (\d+)", lambda found: f"version: {int(found[1]) + 1}", text, flags=re.MULTILINE)
        (folder / file.name).write_text(text, encoding="utf-8")
    return registry.load(folder)


def under(env: Any, folder: Path, exchanges: Exchanges) -> Any:
    """The environment, in which new cases begin under the changed workflows."""
    definitions = write_changed(folder, exchanges)
    with env.transactions.write() as session:
        registry.publish(session, definitions, clock.now(), folder)
    return replace(
        env, services=replace(env.services, definitions=registry.Registry(definitions, env.transactions.read))
    )
