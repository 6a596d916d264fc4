"""What every example prints on the released table: `python -m tests.examples.outputs` writes examples/README.md."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sase_bench.errors import EXTRAS

__all__ = ["EXAMPLES", "NEEDS", "environment", "needed_by", "purpose_of"]

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

#: Example → the libraries that it is for.
NEEDS = {
    "ask_tell": ("scipy",),
    "configspace_space": ("ConfigSpace",),
    "optuna_study": ("optuna",),
    "pandas_frame": ("pandas", "pyarrow"),
    "smac_target": ("smac",),
    "successive_halving": (),
    "syne_tune_blackbox": ("syne_tune", "huggingface_hub"),
}

_LINES = 12


def purpose_of(path: Path) -> str:
    """The first sentence of an example."""
    return path.read_text(encoding="utf-8").split('"""')[1].strip()


def needed_by(path: Path) -> str:
    """What an example needs beside the package."""
    extras = ",".join(sorted({EXTRAS[library] for library in NEEDS[path.stem]}))
    return f"Needs `pip install 'sase-bench[{extras}]'`." if extras else "Needs no extra."


def environment(folder: Path) -> dict[str, str]:
    """What an example is run with so that libraries keep what they write of their own accord in `folder`."""
    return os.environ | {"SYNETUNE_FOLDER": str(folder), "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}


def _printed(path: Path) -> str:
    """The end of what an example prints; a library may say more before."""
    with TemporaryDirectory() as folder:
        given = environment(Path(folder))
        done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True, cwd=ROOT, env=given)
    lines = [line.rstrip() for line in done.stdout.splitlines() if line.strip()]
    kept = lines[-1:] if path.stem == "syne_tune_blackbox" else lines[:_LINES]
    return "\n".join(kept + (["..."] if len(lines) > _LINES and len(kept) == _LINES else []))


def _write() -> None:
    parts = [
        "# Examples",
        "",
        "The table in other libraries. Each file runs on the released table, or on yours: `python examples/NAME.py TABLE`.",
        "This page is written by `python -m tests.examples.outputs`; below each name stands what it printed on the release.",
        "",
    ]
    for path in sorted(EXAMPLES.glob("*.py")):
        parts += [
            f"## [{path.stem}]({path.name})",
            "",
            purpose_of(path),
            "",
            needed_by(path),
            "",
            "```",
            _printed(path),
            "```",
            "",
        ]
    (EXAMPLES / "README.md").write_text("\n".join(parts[:-1]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
