"""Read models of one case: the case page, the preview of a step, assignment, quorum, hand-over."""
