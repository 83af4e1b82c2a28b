"""The engine: what a workflow is, whether it is sound, and whether a step may be taken.

It reads no database, no request and no clock: everything it judges is handed to it as plain values, and
every answer is a value with its reasons. In the order in which a case meets them:

`read`, `load_directory`  YAML → `Definition`, with all `Fault`s at once
`check`                   may this definition be published, in this `Universe`?
`load`                    what was typed → what is stored, or `Problem`s
`decide`, `offers`        may this `Standing` take this step; what may it do now?
`fire`                    decide, then move

`workflows.calendar`, `.deadlines` and `.diagram` stand for themselves.
"""

from workflows.decision import Finding, Standing, Verdict, decide, is_empty, offers
from workflows.definition import (
    LANGUAGES,
    MACHINE_ROLES,
    PERSON_ROLES,
    ROLES,
    Budget,
    Deadline,
    Definition,
    Extension,
    Field,
    Final,
    Part,
    Rung,
    State,
    Text,
    Transition,
    Unit,
)
from workflows.field import FieldType
from workflows.fields.choices import Vocabulary
from workflows.fields.types import COLUMNS, PROBLEMS, TYPES, Loaded, load, schema_for
from workflows.loading.reader import Reading, load_directory, read
from workflows.machine import MachineDisagrees, fire
from workflows.refusals import (
    AlreadyVoted,
    FourEyes,
    Invalid,
    KeyReused,
    Missing,
    NotExtendable,
    NotFound,
    NotReady,
    Problem,
    Refusal,
    Stale,
    UnknownStep,
    WrongRole,
    WrongState,
)
from workflows.soundness.check import Report, check, unused_letters
from workflows.soundness.context import PART_FACTS, Universe
from workflows.soundness.faults import DefinitionsBroken, Fault

__all__ = [
    "COLUMNS",
    "LANGUAGES",
    "MACHINE_ROLES",
    "PART_FACTS",
    "PERSON_ROLES",
    "PROBLEMS",
    "ROLES",
    "TYPES",
    "AlreadyVoted",
    "Budget",
    "Deadline",
    "Definition",
    "DefinitionsBroken",
    "Extension",
    "Fault",
    "Field",
    "FieldType",
    "Final",
    "Finding",
    "FourEyes",
    "Invalid",
    "KeyReused",
    "Loaded",
    "MachineDisagrees",
    "Missing",
    "NotExtendable",
    "NotFound",
    "NotReady",
    "Part",
    "Problem",
    "Reading",
    "Refusal",
    "Report",
    "Rung",
    "Stale",
    "Standing",
    "State",
    "Text",
    "Transition",
    "Unit",
    "Universe",
    "UnknownStep",
    "Verdict",
    "Vocabulary",
    "WrongRole",
    "WrongState",
    "check",
    "decide",
    "fire",
    "is_empty",
    "load",
    "load_directory",
    "offers",
    "read",
    "schema_for",
    "unused_letters",
]
