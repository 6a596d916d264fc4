"""The sweep: it really trains blocks on a proxy, as many at once as the machine takes, into the table.

`python -m sase_bench.sweep` is the command; `sweep` does the same from Python.
"""

from sase_bench.sweep.driver import Progress, Result, sweep
from sase_bench.sweep.executor import Executor, Job, Task
from sase_bench.sweep.local import LocalExecutor
from sase_bench.sweep.plan import read_plan, tasks_of

__all__ = [
    "Executor",
    "Job",
    "LocalExecutor",
    "Progress",
    "Result",
    "Task",
    "read_plan",
    "sweep",
    "tasks_of",
]
