"""The engine: workflow definitions, their soundness, and the decision whether a step may be taken.

The engine reads no database, no request and no clock: callers pass plain values, and every answer is a value with its
reasons. The functions, in the order in which a case meets them:

`read`, `load_directory`  YAML → `Definition`, with all `Fault`s at once
`check`                   the `Fault`s that stand against publishing a definition in a `Universe`
`load`                    raw values of a form → stored values, or `Problem`s
`decide`, `offers`        the `Verdict` on one step, or on every step, for a `Standing`
`fire`                    decide, then move

`workflows.calendar`, `workflows.deadlines` and `workflows.drawing` are independent of these.
"""

from workflows.decision import Finding, Standing, Verdict, decide, is_empty, offers
from workflows.definition import (
    LANGUAGES,
    MACHINE_ROLES,
    PERSON_ROLES,
    ROLES,
    Budget,
    DayUnit,
    Deadline,
    Definition,
    Extension,
    Field,
    Final,
    Group,
    Part,
    Rung,
    State,
    Tab,
    Text,
    Transition,
)
from workflows.field import FieldType
from workflows.fields.choices import Lookups
from workflows.fields.types import COLUMNS, PROBLEMS, TYPES, Loaded, load, schema_for
from workflows.loading.reader import ParsedDefinition, load_directory, read
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
    OutOfService,
    Problem,
    Refusal,
    Stale,
    UnknownStep,
    WrongRole,
    WrongState,
)
from workflows.soundness.check import SoundnessReport, check, unused_letters
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
    "DayUnit",
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
    "Group",
    "Invalid",
    "KeyReused",
    "Loaded",
    "Lookups",
    "MachineDisagrees",
    "Missing",
    "NotExtendable",
    "NotFound",
    "NotReady",
    "OutOfService",
    "ParsedDefinition",
    "Part",
    "Problem",
    "Refusal",
    "Rung",
    "SoundnessReport",
    "Stale",
    "Standing",
    "State",
    "Tab",
    "Text",
    "Transition",
    "Universe",
    "UnknownStep",
    "Verdict",
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
