"""Runs an hour: the engine beside the way it is commonly done, on the same work in the same program.

The common way: one process, one run after another, a `DataLoader` over PIL images with torchvision's transforms, eager steps
on as many threads as torch takes. The engine: seeds of a block fused, images in memory, and a worker process for each
processor, or on a GPU a graph and a stream for each of several blocks. Images are made up, which takes as long as real ones;
runs are short, but for those of the engine on a GPU, where the capture of a graph must not count more than it does. Both ways
are repeated in turn, and medians are printed, on the CPU with how far a step is from what the processor could do.

    python -m benchmarks.throughput [--proxy NAME] [--repeats 3] [--device auto|cpu|cuda]
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.pool import Pool
from statistics import median
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from sase_bench import cli
from sase_bench.machine.processor import resolve_device, usable_cpus
from sase_bench.proxies.datasets import Images, ProxyData
from sase_bench.proxies.fused import FusedNetworks, train_fused
from sase_bench.proxies.measurement import network_of
from sase_bench.proxies.training import learning_rate, optimiser_of
from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.registry import find
from sase_bench.space import Architecture, Space
from sase_bench.sweep.executor import Job, Task
from sase_bench.sweep.inline import InlineExecutor

BLOCKS, SEEDS = 2, 8
TRAIN, VALIDATION = 1920, 960  # images: a tenth of a release proxy's
MEASURE = 5  # timed repetitions of the limits


class MadeUp(Dataset[tuple[Any, int]]):
    """Random images as PIL holds them."""

    def __init__(self, count: int, proxy: Proxy, transform: Callable[[Any], Tensor]) -> None:
        shape = (count, proxy.resolution, proxy.resolution, proxy.data.channels)
        pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        self.images = [Image.fromarray(image.squeeze()) for image in pixels]
        self.labels = [number % proxy.data.classes for number in range(count)]
        self.transform = transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int) -> tuple[Any, int]:
        return self.transform(self.images[number]), self.labels[number]


def common_way(proxy: Proxy, blocks: list[Architecture], device: str) -> int:
    """One run after another, as most training scripts do it. Returns the number of runs."""
    channels = proxy.data.channels
    normalise = transforms.Normalize([0.5] * channels, [0.25] * channels)

    def jitter(x: Tensor) -> Tensor:
        gain, offset = torch.randn(2, channels, 1, 1) * proxy.colour_jitter
        return x * gain.exp() + offset

    chain = [transforms.ToTensor(), normalise, transforms.Lambda(jitter)]
    flips = [transforms.RandomHorizontalFlip()] if proxy.flip else []
    train = DataLoader(
        MadeUp(TRAIN, proxy, transforms.Compose([*flips, *chain])), batch_size=proxy.batch_size, shuffle=True, drop_last=True
    )
    val = DataLoader(MadeUp(VALIDATION, proxy, transforms.Compose(chain)), batch_size=1000)
    for arch in blocks:
        for seed in range(SEEDS):
            network = network_of(arch, proxy, seed).to(device)
            optimiser = optimiser_of(network.parameters(), proxy)
            step = 0
            for _ in range(proxy.epochs):
                network.train()
                for x, y in train:
                    optimiser.param_groups[0]["lr"] = learning_rate(proxy, step)
                    optimiser.zero_grad()
                    F.cross_entropy(network(x.to(device)), y.to(device)).backward()
                    nn.utils.clip_grad_norm_(network.parameters(), proxy.clip_norm)
                    optimiser.step()
                    step += 1
                network.eval()
                with torch.no_grad():
                    sum(F.cross_entropy(network(x.to(device)), y.to(device)).item() for x, y in val)
    return len(blocks) * SEEDS


def made_up(proxy: Proxy, device: str) -> ProxyData:
    """As many random images as the proxy has, on `device`."""
    counts = (proxy.train_size, proxy.val_size, proxy.test_size)
    made = [torch.randn(n, proxy.data.channels, proxy.resolution, proxy.resolution) for n in counts]
    return ProxyData(*(Images(x, torch.arange(len(x)) % proxy.data.classes) for x in made)).to(torch.device(device))


def train_block(task: tuple[Proxy, int]) -> int:
    """One block with all seeds in a worker of the engine."""
    proxy, index = task
    torch.set_num_threads(1)
    seeds = range(SEEDS)
    networks = FusedNetworks([network_of(Architecture(index), proxy, seed) for seed in seeds])
    list(train_fused(networks, proxy, made_up(proxy, "cpu"), seeds))
    return SEEDS


def on_processors(proxy: Proxy, blocks: list[Architecture], pool: Pool, workers: int) -> int:
    """The engine with a worker process for each processor. Returns the number of runs."""
    return sum(pool.map(train_block, [(proxy, arch.index) for arch in blocks], chunksize=math.ceil(len(blocks) / workers)))


def on_gpu(proxy: Proxy, blocks: list[Architecture], data: ProxyData, workers: int) -> int:
    """The engine with a graph and a stream for each of `workers` blocks at once. Returns the number of runs."""
    executor = InlineExecutor(Job(proxy=proxy, device="cuda"), workers, data=data)
    records = [future.result() for future in [executor.submit(Task(arch, tuple(range(SEEDS)))) for arch in blocks]]
    executor.close(now=False)
    bad = [record.reason for each in records for record in each if record.status == "failed"]
    if bad:
        raise SystemExit(f"a run failed: {bad[0]}")
    return sum(len(each) for each in records)


class _Bytes(TorchDispatchMode):
    """Adds up the bytes that operations read and write; views cost nothing."""

    total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if not func.is_view:
            found = [item for item in torch.utils._pytree.tree_leaves((args, kwargs, out)) if isinstance(item, Tensor)]
            self.total += sum(tensor.numel() * tensor.element_size() for tensor in found)
        return out


def distance(proxy: Proxy, blocks: list[Architecture]) -> str:
    """How far a fused training step is from the memory bandwidth and the matrix throughput of one core."""
    torch.set_num_threads(1)
    big, square = torch.randn(64 * 2**20), torch.randn(1024, 1024)
    bandwidth = 2 * big.numel() * 4 / min(timed(lambda: torch.clone(big)) for _ in range(MEASURE))
    throughput = 2 * 1024**3 / min(timed(lambda: torch.mm(square, square)) for _ in range(MEASURE))
    lines = []
    for arch in blocks:
        networks = FusedNetworks([network_of(arch, proxy, seed) for seed in range(SEEDS)])
        images = torch.randn(SEEDS, proxy.batch_size, proxy.data.channels, proxy.resolution, proxy.resolution)

        def step(networks: FusedNetworks = networks, images: Tensor = images) -> None:
            networks(images).square().mean().backward()

        step()
        seconds = median(timed(step) for _ in range(MEASURE))
        with _Bytes() as counter:
            step()
        with torch.utils.flop_counter.FlopCounterMode(display=False) as flops:
            step()
        done = flops.get_total_flops()
        lines.append(
            f"  block {arch.index}: {seconds * 1e3:.0f} ms a step of {SEEDS} seeds, {counter.total / 1e6:.0f} MB and "
            f"{done / 1e6:.0f} MFLOP; at {bandwidth / 1e9:.1f} GB/s and {throughput / 1e9:.0f} GFLOP/s these would take "
            f"{counter.total / bandwidth * 1e3:.0f} ms and {done / throughput * 1e3:.1f} ms"
        )
    return "\n".join(lines)


def timed(action: Callable[[], Any]) -> float:
    """Seconds that `action` takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def compare(ways: dict[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Runs an hour of each way, `repeats` times in turn; a way returns how many runs of the proxy its work is worth."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    threads = torch.get_num_threads()
    for _ in range(repeats):
        for name, way in ways.items():
            torch.set_num_threads(threads)
            start = time.perf_counter()
            runs = way()
            rates[name].append(runs / (time.perf_counter() - start) * 3600)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--proxy", default="cifar10-8-local-colours-long")
    parser.add_argument("--repeats", type=int, default=3)
    cli.add_device_option(parser)
    parser.add_argument("--workers", type=int, help="blocks at once (default: one for each processor; 8 on a GPU)")
    options = parser.parse_args()
    full, device = find(options.proxy), resolve_device(options.device).type
    proxy = replace(full, epochs=1, train_size=TRAIN, val_size=VALIDATION, test_size=1)
    share = TRAIN / (full.epochs * full.train_size)  # of a whole run
    blocks = Space("tied").sample(BLOCKS, seed=0)
    ways: dict[str, Callable[[], float]] = {"common way": lambda: share * common_way(proxy, blocks, device)}
    if device == "cuda":
        workers, data = options.workers or 8, made_up(full, device)
        many = Space("tied").sample(4 * workers, seed=0)
        on_gpu(proxy, many[:workers], made_up(proxy, device), workers)  # libraries load
        rates = compare(ways | {"engine": lambda: on_gpu(full, many, data, workers)}, options.repeats)
    else:
        workers = options.workers or usable_cpus()
        with torch.multiprocessing.get_context("spawn").Pool(workers) as pool:
            on_processors(proxy, blocks, pool, workers)  # imports, caches
            ways["engine"] = lambda: share * on_processors(proxy, blocks, pool, workers)
            rates = compare(ways, options.repeats)
    print(f"{full.name}, {device}, {workers} blocks at once, {options.repeats} repeats; runs of this proxy an hour:")
    for name, values in rates.items():
        print(f"  {name:<11}{median(values):8.0f}  (from {min(values):.0f} to {max(values):.0f})")
    ratios = [b / a for a, b in zip(*rates.values(), strict=True)]
    print(f"  ratio      {median(ratios):8.1f}  (from {min(ratios):.1f} to {max(ratios):.1f})")
    if device == "cpu":
        print(distance(full, blocks))


if __name__ == "__main__":
    main()
