"""A small second opinion: what a case should do, told with dictionaries straight from the YAML files.

It shares no code with the engine or the desk. It knows no calendar: which timers are due is told to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent.parent.parent / "workflows" / "definitions"
STAFF = {"coordinator", "approver", "manager"}


@cache
def workflow(name: str) -> dict:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def several(value) -> list:
    return [] if value is None else value if isinstance(value, list) else [value]


@dataclass
class Person:
    """Name, roles, the organisation, and where the roles reach (None: everywhere)."""

    name: str
    roles: tuple
    organisation: str | None
    region: str | None


@dataclass
class Case:
    workflow: str
    state: str
    organisation: str | None
    opened_by: str
    fields: dict
    acted: dict
    assignee: str | None = None
    whole: str | None = None
    part: str | None = None
    version: int = 1
    sequence: int = 1
    visit: int = 1
    parts: dict = field(default_factory=dict)  # reference → kind

    @property
    def plan(self) -> dict:
        return workflow(self.workflow)

    @property
    def end(self) -> str | None:
        return self.plan["states"][self.state].get("final")

    def roles(self, person: Person) -> set:
        """The region of every case here is KZ-43."""
        holds = {
            "requester": self.organisation is not None and person.organisation == self.organisation,
            "expert": self.assignee is not None and person.name == self.assignee,
        }
        reaches = person.region in (None, "KZ-43")
        return {role for role in person.roles if holds.get(role, reaches)}

    def seen_by(self, person: Person) -> bool:
        staff = not STAFF.isdisjoint(person.roles)
        own_draft = staff and self.opened_by == person.name
        hidden = staff and self.visit == 1 and self.whole is None
        return own_draft or (bool(self.roles(person)) and not hidden)


@dataclass
class World:
    """All cases, and the keys that were used: (person, key) → (request, answer)."""

    people: dict
    cases: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)

    # --- what is asked; each answers ("done", …) or the code of a refusal ---------------------

    def open(self, name, reference, fields, key):
        person = self.people[name]
        role = next((role for role in ("requester", "coordinator") if role in person.roles), None)
        if role is None:
            return "wrong_role"
        request = ("open", fields)
        if (name, key) in self.keys:
            return self._repeated(name, key, request)
        acted = {role: [name]}
        akimat = f"akimat-{fields['region'].lower()}" if fields.get("region") else None
        owner = person.organisation if role == "requester" else akimat
        self.cases[reference] = Case("expertise_request", "draft", owner, name, dict(fields), acted)
        return self._done(name, key, request, reference)

    def comment(self, name, reference, text, key):
        case, request = self.cases[reference], ("comment", reference, text)
        if not case.seen_by(self.people[name]):
            return "not_found"
        if (name, key) in self.keys:
            return self._repeated(name, key, request)
        if not text.strip():
            return "not_ready"
        case.sequence += 1
        return self._done(name, key, request, reference)

    def edit(self, name, reference, raw, seen, key):
        case, request = self.cases[reference], ("edit", reference, raw, seen)
        refusal = self._page(name, case, seen, key, request)
        if refusal is not None:
            return refusal
        may = case.plan["states"][case.state].get("edit", {})
        roles = [role for role in may if role in case.roles(self.people[name])]
        if not roles:
            return "wrong_role"
        if not set(raw) <= {name for role in roles for name in may[role]}:
            return "invalid"
        changed = {field: value or None for field, value in raw.items() if case.fields.get(field) != (value or None)}
        if not changed:
            return self._answer(reference)
        if (name, key) in self.keys:
            return "key_reused"
        case.fields.update(changed)
        self._moved(case, roles[0], name, case.state)
        return self._done(name, key, request, reference)

    def fire(self, name, reference, step, raw, seen, key, part=None):
        """`part` is the reference that a part gets if the step opens one."""
        case, request = self.cases[reference], ("fire", reference, step, raw, seen)
        refusal = self._page(name, case, seen, key, request)
        if refusal is not None:
            return refusal
        rule = case.plan["transitions"].get(step)
        if rule is None:
            return "unknown_step"
        roles = case.roles(self.people[name]) or {"anyone"}
        refusal = self.hindered(case, rule, roles, name, raw) or self._whole_hindered(case, rule)
        if refusal is not None:
            return refusal
        if (name, key) in self.keys:
            return "key_reused"
        role = next(role for role in several(rule["by"]) if role in roles)
        self._take(case, rule, role, name, raw, part)
        return self._done(name, key, request, reference, [part] if "opens" in rule else [])

    def tick(self, reference, kind, step):
        """A timer that was due: a reminder is a record, a lapse is a step."""
        case = self.cases[reference]
        if kind == "lapse":
            self._take(case, case.plan["transitions"][step], "clock", None, {}, None)
        else:
            case.sequence += 1

    # --- rules --------------------------------------------------------------------------------

    def hindered(self, case, rule, roles, name, raw, ended=()):
        if case.state not in several(rule["from"]):
            return "wrong_state"
        if not roles & set(several(rule["by"])):
            return "wrong_role"
        if any(name in case.acted.get(other, ()) for other in several(rule.get("not_by"))):
            return "four_eyes"
        if not self._ready(case, rule, ended):
            return "not_ready"
        return self._wrong_answers(case, rule, raw)

    def _wrong_answers(self, case, rule, raw):
        # Each world has one request, and a request is not merged into itself.
        other_case = any(case.plan["fields"].get(ask, {}).get("type") == "case" for ask in raw)
        if other_case or not set(raw) <= set(rule.get("asks", {})):
            return "invalid"
        if not all(self._is_so(case, fact, raw) for fact in self._facts(case, rule, asked=True)):
            return "not_ready"
        missing = [ask for ask, need in rule.get("asks", {}).items() if need == "required" and not raw.get(ask)]
        return "not_ready" if missing else None

    def _ready(self, case, rule, ended):
        if not all(case.fields.get(name) for name in rule.get("requires", ())):
            return False
        if not all(self._is_so(case, fact, {}) for fact in self._facts(case, rule, asked=False)):
            return False
        needs = rule.get("needs", ())
        return all(self._holds(case, need, ended) for need in needs if need.startswith("parts."))

    def _facts(self, case, rule, *, asked):
        """The facts that a step needs; those about what it asks are judged with the answers."""
        facts = [case.plan["facts"][need] for need in rule.get("needs", ()) if not need.startswith("parts.")]
        return [fact for fact in facts if bool(_named(fact) & set(rule.get("asks", {}))) is asked]

    def _is_so(self, case, fact, raw):
        if "at_most" in fact:
            first, second = (self._sum(case, operand, raw) for operand in fact["at_most"])
            return first <= second
        expert = raw.get(fact["person"]) or case.fields.get(fact["person"]) or case.assignee
        root = self.cases[case.whole] if case.whole else case
        family = [root, *(self.cases[reference] for reference in root.parts)]
        if "not_employed_by" in fact:
            mine = self.people[expert].organisation
            return mine is None or mine != root.organisation
        if "not_acted_as" in fact:
            return not any(expert in each.acted.get(role, ()) for each in family for role in fact["not_acted_as"])
        declared = fact["not_declared"]
        parts = [self.cases[reference] for reference, kind in root.parts.items() if kind == declared["part"]]
        return not any(
            each.assignee == expert and each.fields.get(declared["field"]) == declared["value"] for each in parts
        )

    def _sum(self, case, operand, raw):
        """The sum over the parts of the expert's, living or succeeded, beside this one and itself."""
        _, kind, name = operand.split(".")
        parent = self.cases[case.whole]
        parts = [self.cases[reference] for reference, of in parent.parts.items() if of == kind]
        counted = [each for each in parts if each.end in (None, "succeeded") and each.assignee == case.assignee]
        return sum((raw if each is case else {}).get(name) or each.fields.get(name) or 0 for each in counted)

    def _holds(self, case, need, ended):
        _, kind, predicate = need.split(".")
        ends = [None if ref in ended else self.cases[ref].end for ref, of in case.parts.items() if of == kind]
        return {
            "some": bool(ends),
            "one_succeeded": "succeeded" in ends,
            "all_ended": None not in ends,
            "none_open": None not in ends,
        }[predicate]

    def _whole_hindered(self, case, rule):
        if "carries" not in rule:
            return None
        whole = self.cases[case.whole]
        return self.hindered(
            whole, whole.plan["transitions"][rule["carries"]], {"part"}, None, self._brought(case, rule)
        )

    def _brought(self, case, rule):
        asks = self.cases[case.whole].plan["transitions"][rule["carries"]].get("asks", {})
        return {name: case.fields[name] for name in asks if case.fields.get(name)}

    # --- effects ------------------------------------------------------------------------------

    def _take(self, case, rule, role, name, raw, part):
        opens = case.plan["parts"][rule["opens"]] if "opens" in rule else None
        handed = set(opens["takes"]) if opens else set()
        kept = {ask: value for ask, value in raw.items() if ask != "comment" and ask not in handed and value}
        case.fields.update(kept | dict.fromkeys(rule.get("clears", ())))
        if "expert" in kept or "expert" in rule.get("clears", ()):
            case.assignee = case.fields["expert"]
        self._moved(case, role, name, case.state if rule["to"] == "same" else rule["to"])
        if opens:
            self._begin(case, rule["opens"], opens, role, name, {**case.fields, **raw}, part)
        if "carries" in rule and case.whole:
            whole = self.cases[case.whole]
            self._take(whole, whole.plan["transitions"][rule["carries"]], "part", None, self._brought(case, rule), None)

    def _begin(self, whole, kind, opens, role, name, known, reference):
        fields = {taken: known[taken] for taken in opens["takes"] if known.get(taken)}
        self.cases[reference] = Case(
            workflow=opens["workflow"],
            state=workflow(opens["workflow"])["initial"],
            organisation=None if opens.get("sealed") else whole.organisation,
            opened_by=name,
            fields=fields,
            acted={role: [name]},
            assignee=fields.get("expert", whole.assignee),
            whole=next(ref for ref, case in self.cases.items() if case is whole),
            part=kind,
        )
        whole.parts[reference] = kind

    def _moved(self, case, role, name, target):
        case.version += 1
        case.sequence += 1
        if name is not None and name not in case.acted.setdefault(role, []):
            case.acted[role].append(name)
        if target != case.state:
            case.state, case.visit = target, case.visit + 1

    # --- answers ------------------------------------------------------------------------------

    def _page(self, name, case, seen, key, request):
        if not case.seen_by(self.people[name]):
            return "not_found"
        if case.version == seen:
            return None
        return self._repeated(name, key, request) if (name, key) in self.keys else "stale"

    def _repeated(self, name, key, request):
        before, answer = self.keys[name, key]
        return ("repeated", *answer[1:]) if before == request else "key_reused"

    def _answer(self, reference, opened=()):
        case = self.cases[reference]
        return ("done", reference, case.version, case.state, case.sequence, tuple(opened))

    def _done(self, name, key, request, reference, opened=()):
        answer = self._answer(reference, opened)
        if key is not None:
            self.keys[name, key] = (request, answer)
        return answer


def _named(fact):
    """The fields that a fact is about."""
    operands = {operand.rpartition(".")[2] for operand in fact.get("at_most", ())}
    return operands | {fact[name] for name in ("alike", "person") if name in fact}
