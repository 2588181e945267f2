"""The plan of bench/command.py as a BPMN process in SpiffWorkflow, for a ratio on one machine.

As many tasks and prerequisites as the plan has orders: every community and every grid has a task
at once, and every grid a second one behind its first. There is no join at the end, which the plan
does not have either and which would only slow the engine down. It runs in memory; what it has
to write so that nothing is lost at the next power cut is one JSON text of the whole process.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

FINISHED = 20
"""Tasks that are reported done; one by one, as people do."""


def play(communities: int, grids: int) -> dict[str, float]:
    """Seconds to begin the process, to report one task done, and to write its state once."""
    from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.util.task import TaskState

    spec = _spec(communities, grids)
    begun = time.perf_counter()
    process = BpmnWorkflow(spec)
    process.do_engine_steps()
    activation = time.perf_counter() - begun
    ready = process.get_tasks(state=TaskState.READY)
    if len(ready) != communities + grids:
        raise RuntimeError(f"{len(ready)} tasks are ready, not {communities + grids}.")
    begun = time.perf_counter()
    for task in ready[-FINISHED:]:
        task.run()
        process.do_engine_steps()
    finish = (time.perf_counter() - begun) / FINISHED
    begun = time.perf_counter()
    BpmnWorkflowSerializer().serialize_json(process)
    return {"activation": activation, "finish": finish, "save": time.perf_counter() - begun}


def _spec(communities: int, grids: int) -> Any:
    from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
    from SpiffWorkflow.bpmn.specs.defaults import EndEvent, ParallelGateway, StartEvent, UserTask
    from SpiffWorkflow.bpmn.specs.event_definitions import NoneEventDefinition

    spec = BpmnProcessSpec("plan")
    start = StartEvent(spec, "begin", NoneEventDefinition())
    split = ParallelGateway(spec, "split")
    over = EndEvent(spec, "over", NoneEventDefinition())
    spec.start.connect(start)
    start.connect(split)
    over.connect(spec.end)
    for number in range(communities):
        task = UserTask(spec, f"list-{number}")
        split.connect(task)
        task.connect(over)
    for number in range(grids):
        watch, report = UserTask(spec, f"watch-{number}"), UserTask(spec, f"report-{number}")
        split.connect(watch)
        watch.connect(report)
        report.connect(over)
    return spec


if __name__ == "__main__":
    print(json.dumps(play(int(sys.argv[1]), int(sys.argv[2]))))
