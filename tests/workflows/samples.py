"""Two small definitions, sound and without a warning: a request, and the offer that is its part."""

from workflows import Definition, Standing, Universe, read

LABEL = "{kk: аты, ru: имя, en: name}"
LANGUAGES = frozenset({"kk", "ru", "en"})

REQUEST = """
workflow: request
version: 1
reference: "RQ-{year}-{number:04d}"
title: LABEL
calendar: KZ
initial: draft
opened_by: [requester]
uses: [scoring]
parts:
  offer: {workflow: offer, label: LABEL, takes: [title, expert, kind]}
fields:
  title: {type: text, max: 160, as: title, label: LABEL}
  contact: {type: email, personal: true, label: LABEL, hint: LABEL}
  expert: {type: expert, as: expert, label: LABEL}
  kind: {type: choice, label: LABEL, options: {study: LABEL, advice: LABEL}}
  causes: {type: table, label: LABEL, columns: {cause: {type: text, label: LABEL}}}
states:
  draft: {label: LABEL, with: requester, edit: {requester: [title, contact, kind, causes]}}
  checking:
    label: LABEL
    with: coordinator
    edit: {coordinator: [causes]}
    deadline:
      within: 5 working days
      remind: [2 working days before, on the day]
      escalate: [{after: 1 day, to: manager}]
  returned:
    label: LABEL
    with: requester
    clock: paused
    edit: {requester: [title]}
    deadline: {within: 10 working days, remind: on the day, then: lapse}
  search: {label: LABEL, with: coordinator, deadline: {within: 30 calendar days}}
  approval: {label: LABEL, with: approver, iati: 2, deadline: {within: 5 working days}}
  closed: {label: LABEL, final: succeeded, public: [title]}
  lapsed: {label: LABEL, final: lapsed}
transitions:
  submit:
    label: LABEL
    from: draft
    to: checking
    by: requester
    requires: [title, contact]
    tells: {coordinator: news}
  send_back:
    label: LABEL
    from: checking
    to: returned
    by: coordinator
    asks: {comment: required}
    tells: {requester: news}
  resubmit: {label: LABEL, from: returned, to: checking, by: requester, requires: [title], tells: {coordinator: news}}
  lapse: {label: LABEL, from: returned, to: lapsed, by: clock}
  start_search: {label: LABEL, from: checking, to: search, by: [coordinator, manager], needs: [scoring.complete]}
  propose:
    label: LABEL
    from: search
    to: same
    by: coordinator
    needs: [parts.offer.none_open]
    asks: {expert: required}
    opens: offer
    tells: {expert: news}
  mobilise: {label: LABEL, from: search, to: approval, by: part, asks: {expert: required}, tells: {approver: news}}
  approve:
    label: LABEL
    from: approval
    to: closed
    by: approver
    not_by: [requester, coordinator]
    quorum: 2
    risk: high
  refuse:
    label: LABEL
    from: approval
    to: search
    by: approver
    asks: {comment: required}
    tells: {coordinator: news}
  remark: {label: LABEL, from: [checking, search], to: same, by: anyone, asks: {comment: required}, hint: LABEL}
"""

OFFER = """
workflow: offer
version: 1
reference: "OF-{year}-{number:04d}"
title: LABEL
calendar: KZ
initial: sent
fields:
  title: {type: text, label: LABEL}
  expert: {type: expert, as: expert, label: LABEL}
  kind: {type: choice, label: LABEL, options: {study: LABEL, advice: LABEL}}
states:
  sent: {label: LABEL, with: expert, deadline: {within: 5 working days, then: expire}}
  accepted: {label: LABEL, final: succeeded}
  expired: {label: LABEL, final: lapsed}
transitions:
  accept: {label: LABEL, from: sent, to: accepted, by: expert, not_by: [coordinator], carries: mobilise}
  expire: {label: LABEL, from: sent, to: expired, by: clock}
"""


def text_of(sample, *changes):
    """The sample with each (old, new) exchanged; an `old` that does not stand there exactly once is a slip.

    Each LABEL becomes one of its own: no two states or steps may be called alike.
    """
    for old, new in changes:
        assert sample.count(old) == 1, old
        sample = sample.replace(old, new)
    first, *others = sample.split("LABEL")
    return first + "".join(
        LABEL.replace("}", f" {number}}}").replace(",", f" {number},") + other for number, other in enumerate(others, 1)
    )


def definition_of(sample, *changes) -> Definition:
    reading = read(text_of(sample, *changes), "sample.yaml")
    assert reading.definition is not None, "\n".join(map(str, reading.errors))
    return reading.definition


def universe_of(*others: Definition, **changes) -> Universe:
    letters = dict.fromkeys(("news", "deadline_reminder", "deadline_escalation"), LANGUAGES)
    known = {
        "letters": letters,
        "facts": frozenset({"scoring.complete"}),
        "capabilities": frozenset({"scoring"}),
    }
    return Universe(workflows={other.key: other for other in others}, **{**known, **changes})


def standing_in(state, *roles, **known) -> Standing:
    return Standing(state, frozenset(roles), known.pop("person", "aigul"), **known)
