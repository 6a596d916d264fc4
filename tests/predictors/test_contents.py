"""The shelf's own README."""

from pathlib import Path

from sase_bench.predictors.contents import contents, write_contents
from sase_bench.predictors.shelf import DEFAULT_SHELF

SHELF = Path(__file__).parents[2] / DEFAULT_SHELF


def test_every_folder_and_file_of_the_released_shelf_is_named_with_the_command_that_writes_it() -> None:
    text = (SHELF / "README.md").read_text()
    folders = [path for path in SHELF.iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        _, section = text.split(f"## {folder.name}\n")
        for path in folder.iterdir():
            (line,) = (
                line
                for line in section.split("\n## ")[0].splitlines()
                if f"`{path.name}{'/' if path.is_dir() else ''}`" in line
            )
            assert "`python -m sase_bench.predictors " in line
    assert text == contents(SHELF), "run python -m sase_bench.predictors fit"


def test_a_folder_that_nothing_was_evaluated_in_is_named_too(tmp_path: Path) -> None:
    (tmp_path / "a-proxy-val_loss" / "gp").mkdir(parents=True)
    (tmp_path / "a-proxy-val_loss" / "evaluation.json").write_text("{")
    (tmp_path / "a-proxy-val_loss" / "strange.txt").write_text("")
    text = write_contents(tmp_path).read_text()
    assert "## a-proxy-val_loss\n" in text
    assert "| [`gp/`](a-proxy-val_loss/gp/README.md) | `python -m sase_bench.predictors fit --predictor gp` |" in text
    assert "| `strange.txt` | not known |" in text
