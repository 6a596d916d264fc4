"""How much memory a call takes at once, beside what is held before it: by torch's own count of what it allocates.

On a GPU that is the allocator's peak. On a processor it is summed up from the trace of the profiler, in which every allocation
stands; another library's memory is in neither.
"""

from __future__ import annotations

import json
import os
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch.profiler import ProfilerActivity, profile

from sase_bench.latency.timing.networks import Call

__all__ = ["peak_of"]


def peak_of(call: Call, device: torch.device) -> int:
    """Most bytes that torch held at once for `call`; what the call returns is among them."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        call()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # the profiler's library tells stderr whenever it starts and stops
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        call()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiler.export_chrome_trace(str(path))
        trace = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    changes = [(event["ts"], place, event["args"]["Bytes"]) for place, event in enumerate(trace) if event["name"] == "[memory]"]
    return max(accumulate(size for *_, size in sorted(changes)), default=0)
