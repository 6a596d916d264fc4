"""LaTeX tables read as text, and set by pdflatex where that is installed."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

_MOST = 5.0  # pt that a box may stand out


def columns(table: str) -> list[str]:
    """How each column is aligned: l, r or p."""
    found = re.search(r"\\begin\{(?:tabular|longtable)\}\{@\{\}(.*)@\{\}\}$", table, re.MULTILINE)
    assert found is not None
    return re.findall(r"[lrp](?=[lr>]|$|\{)", re.sub(r"\{\\raggedright\\arraybackslash\}|(?<=p)\{[^}]*\}", "", found[1]))


def rows(table: str) -> list[list[str]]:
    """The cells of every line below the headers."""
    body = table.partition(r"\midrule")[2].rpartition(r"\endlastfoot")[2]
    return [line.removesuffix(r" \\").split(" & ") for line in body.splitlines() if line.endswith(r" \\")]


def refused(tables: Mapping[str, str], folder: Path) -> list[str]:
    """What LaTeX says of tables that stand out of a page, each behind the name of its file; skips where there is no LaTeX."""
    if not shutil.which("pdflatex"):
        pytest.skip("pdflatex is not installed, so nobody can say whether tables fit")
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    inputs = "".join(f"\\message{{^^Jfile {name}^^J}}\\input{{{name}}}\\clearpage\n" for name in tables)
    packages = "\\usepackage{booktabs,array,longtable}"
    (folder / "all.tex").write_text(f"\\documentclass{{article}}{packages}\\begin{{document}}\n{inputs}\\end{{document}}\n")
    for _ in range(2):  # a longtable knows its widths in the second run
        run = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
        done = subprocess.run(run, cwd=folder, capture_output=True, check=False, timeout=120)
    log = (folder / "all.log").read_text(encoding="utf-8", errors="replace")
    said, name = [] if done.returncode == 0 else [log[-2000:]], ""
    for line in log.splitlines():
        name = line.removeprefix("file ") if line.startswith("file ") else name
        wide = re.match(r"Overfull \\[hv]box \(([\d.]+)pt", line)
        if (wide and float(wide[1]) > _MOST) or "Float too large" in line:
            said.append(f"{name}: {line}")
    return said
