"""The same step with SpiffWorkflow: the rows as L writes them, the state of the process in a column beside the case.

Each step reads the state of the process, takes the task that waits, lets the engine go on, and writes the state anew,
as the library documents it (`serialize_json`). Its cost grows with the steps that lie behind the process; these are
kept constant, by starting each step from the same state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer

from tests.benchmarks.driver import Driver
from tests.benchmarks.written import Script

#: Terms of reference are sent for endorsement, and come back until the oblast agrees.
LOAN = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="loans" targetNamespace="http://bpmn.io/schema/bpmn">
  <process id="loan" isExecutable="true">
    <startEvent id="start"><outgoing>a</outgoing></startEvent>
    <sequenceFlow id="a" sourceRef="start" targetRef="terms"/>
    <userTask id="terms" name="Send for endorsement"><incoming>a</incoming><incoming>d</incoming>
      <outgoing>b</outgoing></userTask>
    <sequenceFlow id="b" sourceRef="terms" targetRef="endorsement"/>
    <userTask id="endorsement" name="Endorse or ask for changes"><incoming>b</incoming><outgoing>c</outgoing></userTask>
    <sequenceFlow id="c" sourceRef="endorsement" targetRef="agreed"/>
    <exclusiveGateway id="agreed" default="d"><incoming>c</incoming><outgoing>d</outgoing><outgoing>e</outgoing>
    </exclusiveGateway>
    <sequenceFlow id="d" sourceRef="agreed" targetRef="terms"/>
    <sequenceFlow id="e" sourceRef="agreed" targetRef="end">
      <conditionExpression xsi:type="tFormalExpression">endorsed</conditionExpression></sequenceFlow>
    <endEvent id="end"><incoming>e</incoming></endEvent>
  </process>
</definitions>"""


class Spiff(Driver):
    """L, and the engine of SpiffWorkflow inside the same transaction; `behind` is the number of steps taken before."""

    def __init__(self, url: str, given: Sequence[Script], start: int, behind: int) -> None:
        super().__init__(url, given, start)
        self.serializer = BpmnWorkflowSerializer(registry=BpmnWorkflowSerializer.configure())
        self.states = [self._after(behind), self._after(behind + 1)]
        case, mark = given[0].cases[-1], "%s" if self.postgres else "?"
        self.table = f"bench_processes_{case}_{behind}"
        self.execute(f"CREATE TABLE {self.table} (case_id bigint PRIMARY KEY, state text NOT NULL)")
        self.execute(f"INSERT INTO {self.table} VALUES ({mark}, {mark})", (case, self.states[0]))
        self.read = f"SELECT state FROM {self.table} WHERE case_id = {mark}"
        self.write = f"UPDATE {self.table} SET state = {mark} WHERE case_id = {mark}"
        self.case = case

    def between(self, shape: int) -> None:
        self.execute(self.read, (self.case,))
        self.cursor.fetchone()
        workflow = self.serializer.deserialize_json(self.states[shape])
        _take(workflow)
        self.execute(self.write, (self.serializer.serialize_json(workflow), self.case))

    def close(self) -> None:
        self.execute(f"DROP TABLE {self.table}")
        super().close()

    def _after(self, steps: int) -> str:
        """The state of a process that has taken so many steps; an even number lies before the first task."""
        parser = BpmnParser()
        parser.add_bpmn_str(LOAN)
        workflow: Any = BpmnWorkflow(parser.get_spec("loan"))
        workflow.do_engine_steps()
        for _ in range(steps):
            _take(workflow)
        return self.serializer.serialize_json(workflow)


def _take(workflow: Any) -> None:
    """Complete the task that waits for a person, who says that changes are needed, and let the engine go on."""
    task = workflow.get_next_task(state=TaskState.READY, manual=True)
    task.data.update(endorsed=False, comment="Суды үнемдеу.")
    task.run()
    workflow.do_engine_steps()
