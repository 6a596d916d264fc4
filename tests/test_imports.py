"""The import map: what each part of the package may import. Data flows one way."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import sase_bench

#: Part → the parts it imports. `sase_bench` is the package's own few nouns.
MAP: dict[str, set[str]] = {
    "errors": set(),
    "answers": {"errors"},
    "space": {"errors"},
    "samples": {"space"},
    "trunk": {"errors"},
    "cost": {"answers", "backbones", "cli", "errors", "modules", "recipes", "space", "trunk"},
    "record": {"errors"},
    "statistics": {"errors"},
    "cli": {"errors"},
    "files": {"errors"},
    "version": set(),
    "recipes": {"errors", "trunk"},
    "machine": {"errors", "version"},
    "seeds": {"errors"},
    "sase_bench": {"benchmark", "space", "version"},
    "__main__": {"cli", "errors"},
    "release": {
        "answers",
        "benchmark",
        "calibrate",
        "cli",
        "cost",
        "database",
        "errors",
        "files",
        "latency",
        "machine",
        "proxies",
        "query",
        "recipes",
        "record",
        "samples",
        "space",
        "statistics",
        "version",
    },
    "benchmark": {"backbones", "cost", "database", "errors", "proxies", "recipes", "record", "space", "statistics", "trunk"},
    "blocks": {"errors", "space"},
    "modules": {"blocks", "errors", "record", "space", "trunk"},
    "backbones": {"blocks", "errors", "modules", "space", "trunk", "version"},
    "timm": {"backbones", "blocks", "errors", "trunk"},
    "proxies": {"answers", "backbones", "blocks", "cli", "errors", "machine", "modules", "recipes", "record", "seeds", "space"},
    "database": {"cli", "cost", "errors", "modules", "recipes", "record", "samples", "seeds", "space", "trunk"},
    "latency": {
        "answers",
        "backbones",
        "blocks",
        "cli",
        "cost",
        "database",
        "errors",
        "files",
        "machine",
        "modules",
        "space",
        "statistics",
        "trunk",
        "version",
    },
    "query": {
        "answers",
        "cli",
        "cost",
        "database",
        "errors",
        "files",
        "modules",
        "recipes",
        "record",
        "samples",
        "space",
        "statistics",
    },
    "report": {
        "answers",
        "benchmark",
        "bo",
        "calibrate",
        "cli",
        "cost",
        "database",
        "errors",
        "files",
        "latency",
        "modules",
        "predictors",
        "query",
        "recipes",
        "record",
        "samples",
        "search",
        "space",
        "statistics",
        "trunk",
    },
    "calibrate": {
        "answers",
        "cli",
        "database",
        "errors",
        "query",
        "recipes",
        "record",
        "samples",
        "space",
        "statistics",
        "sweep",
    },
    "predictors": {
        "answers",
        "benchmark",
        "cli",
        "cost",
        "database",
        "errors",
        "files",
        "recipes",
        "record",
        "samples",
        "space",
        "statistics",
        "trunk",
        "version",
    },
    "search": {
        "backbones",
        "benchmark",
        "blocks",
        "errors",
        "files",
        "machine",
        "proxies",
        "recipes",
        "seeds",
        "space",
        "trunk",
    },
    "bo": {
        "answers",
        "benchmark",
        "cli",
        "database",
        "errors",
        "files",
        "machine",
        "predictors",
        "recipes",
        "record",
        "samples",
        "search",
        "seeds",
        "space",
        "statistics",
        "sweep",
        "trunk",
    },
    "train": {"backbones", "cli", "errors", "files", "machine", "modules", "recipes", "seeds", "trunk"},
    "sweep": {
        "cli",
        "database",
        "errors",
        "files",
        "machine",
        "modules",
        "proxies",
        "recipes",
        "record",
        "samples",
        "seeds",
        "space",
    },
}

ROOT = Path(sase_bench.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py"))


def part_of(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0].removesuffix(".py")
    return "sase_bench" if first == "__init__" else first


def imported_parts(path: Path) -> set[str]:
    parts = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "sase_bench":
            inner = node.module.split(".")[1:]
            names = [inner[0]] if inner else [alias.name for alias in node.names]
            parts |= {name if name in MAP else "sase_bench" for name in names}
        elif isinstance(node, ast.Import):
            parts |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("sase_bench.")}
    return parts - {part_of(path)}


@pytest.mark.parametrize("part", sorted(MAP))
def test_a_part_imports_exactly_what_the_map_says(part: str) -> None:
    found = set().union(*(imported_parts(path) for path in MODULES if part_of(path) == part))
    assert found == MAP[part]


def test_every_module_has_its_place_in_the_map_and_there_is_no_cycle() -> None:
    assert {part_of(path) for path in MODULES} == set(MAP)
    assert list(TopologicalSorter(MAP).static_order())


def test_statistics_need_numpy_alone() -> None:
    """Nowhere inside a function either: every other part may use them."""
    trees = [ast.parse(path.read_text()) for path in MODULES if part_of(path) == "statistics"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {(node.module or "").split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    assert found - sys.stdlib_module_names == {"numpy", "sase_bench"}


def names_of(path: Path) -> str:
    return ".".join(["sase_bench", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__")


@pytest.mark.parametrize("name", [names_of(path) for path in MODULES if path.name != "__main__.py"])
def test_a_module_has_the_public_names_it_lists(name: str) -> None:
    module = import_module(name)
    assert all(hasattr(module, item) for item in module.__all__)


LIGHT = [
    "__main__",
    "machine.memory",
    "machine.processor",
    "machine.provenance",
    "recipes",
    "recipes.folder",
    "recipes.splits",
    "seeds",
    "answers",
    "benchmark",
    "space",
    "samples",
    "trunk",
    "cost",
    "cost.__main__",
    "modules",
    "record",
    "statistics",
    "database",
    "database.__main__",
    "query",
    "query.__main__",
    "predictors",
    "predictors.__main__",
    "latency",
    "latency.__main__",
    "proxies",
    "release.__main__",
    "report.__main__",
    "sweep.__main__",
    "search",
    "bo.__main__",
    "train",
    "train.__main__",
]


@pytest.mark.parametrize("module", ["sweep.__main__", "latency.__main__", "proxies.measurement", "latency.timing.parts"])
def test_what_trains_and_times_needs_no_duckdb(module: str) -> None:
    """Machines with a GPU fill shelves, and files of timings."""
    code = f"import sys; sys.modules['duckdb'] = None; import sase_bench.{module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("module", LIGHT)
def test_the_table_side_needs_no_torch(module: str) -> None:
    heavy = {"torch", "sklearn", "pandas", "scipy", "pyarrow", "xgboost"}
    code = f"import sys, sase_bench.{module}; loaded = {heavy!r} & set(sys.modules); sys.exit(str(loaded) if loaded else 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
