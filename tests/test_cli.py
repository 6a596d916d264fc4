"""What every command does alike, tried on commands that are made up."""

import argparse
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from sase_bench import cli
from sase_bench.errors import RequestError


def ending(error: BaseException | None) -> Callable[[Sequence[str] | None], int]:
    def command(argv: Sequence[str] | None) -> int:
        if error is not None:
            raise error
        return 0

    return command


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (None, 0, ""),
        (RequestError("no such thing,\n   got 3"), 2, "made-up: no such thing, got 3\n"),
        (KeyboardInterrupt(), 130, "made-up: interrupted\n"),
        (
            OSError(28, "No space left on device", "a file"),
            2,
            "made-up: the system refused 'a file': No space left on device\n",
        ),
        (OSError(28, "No space left on device"), 2, "made-up: the system refused: No space left on device\n"),
        (OSError("nobody knows why"), 2, "made-up: the system refused: nobody knows why\n"),
    ],
)
def test_an_end_is_a_status_and_a_line(
    error: BaseException | None, status: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run("made-up", ending(error), []) == status
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("mistake", [ZeroDivisionError(), ModuleNotFoundError(name="sase_bench.nowhere")])
def test_a_mistake_of_ours_is_not_hidden(mistake: Exception) -> None:
    with pytest.raises(type(mistake)):
        cli.run("made-up", ending(mistake), [])


def test_a_library_that_is_not_installed_is_told_with_its_extra(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run("made-up", ending(ModuleNotFoundError(name="scipy.optimize")), []) == 2
    line = "made-up: importing scipy needs the extra 'search'; install it with: pip install 'sase-bench[search]'\n"
    assert capsys.readouterr().err == line


def test_every_action_has_options_of_its_own_and_all_are_in_the_help() -> None:
    def bake(options: argparse.Namespace) -> int:
        """Make bread."""
        return int(options.degrees)

    def eat(options: argparse.Namespace) -> int:
        """Eat it."""
        return 0

    parser = cli.Actions("made-up", "A command.")
    parser.add("bake", bake).add_argument("--degrees", type=int, default=220, help="how hot")
    parser.add("eat", eat)
    options = parser.parse_args(["bake", "--degrees", "180"])
    assert (options.action, options.run(options)) == ("bake", 180)
    told = " ".join(parser.format_help().split())
    for part in ("bake Make bread", "eat Eat it", "usage: python -m made-up bake", "Make bread.", "how hot (default: 220)"):
        assert part in told
    for words, message in (
        (["eat", "--degrees", "180"], "unrecognized arguments: --degrees 180"),
        (["bake", "--degrees", "hot"], "argument --degrees: invalid int value: 'hot'"),
        (["boil"], "argument ACTION: invalid choice: 'boil'"),
        ([], "the following arguments are required: ACTION; ACTION is one of bake, eat"),
    ):
        with pytest.raises(RequestError, match=f"^{re.escape(message)}"):
            parser.parse_args(words)


def test_what_is_missing_is_told_with_its_choices() -> None:
    parser = cli.Parser("made-up", "A command.")
    parser.add_argument("action", choices=("stay", "go"), metavar="ACTION")
    parser.add_argument("place", metavar="PLACE")
    parser.add_argument("--pace", choices=(1, 2), type=int, required=True)
    parser.add_subparsers(required=True, metavar="walk|run").choices.update(walk=parser, run=parser)
    with pytest.raises(RequestError) as caught:
        parser.parse_args([])
    missing = "the following arguments are required: ACTION, PLACE, --pace, walk|run"
    assert str(caught.value) == f"{missing}; ACTION is one of stay, go; --pace is one of 1, 2 (see --help)"


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    code = (
        "import sys; from sase_bench import cli\n"
        "sys.exit(cli.run('made-up', lambda argv: [print('line' * 1000) for _ in range(1000)] and 0, []))"
    )
    made_up = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert made_up.stdout is not None
    assert made_up.stdout.read(4) == "line"
    made_up.stdout.close()
    assert made_up.stderr is not None
    assert (made_up.stderr.read(), made_up.wait(timeout=60)) == ("", 0)
    made_up.stderr.close()


def test_signals_go_elsewhere_for_a_while() -> None:
    before, caught = signal.getsignal(signal.SIGTERM), list[int]()
    with cli.signals_to(lambda number, frame: caught.append(number)):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    assert caught == [signal.SIGTERM, signal.SIGINT]
    assert signal.getsignal(signal.SIGTERM) is before


def test_options_are_written_out_and_a_wrong_one_is_a_bad_request() -> None:
    parser = cli.Parser("sase_bench.made_up", "Nothing.")
    cli.add_device_option(parser)
    assert parser.parse_args(["--device", "cpu"]) == argparse.Namespace(device="cpu")
    assert parser.parse_args([]).device == "auto"
    with pytest.raises(RequestError, match=r"^argument --device: invalid choice: 'tpu' .*\(see --help\)$"):
        parser.parse_args(["--device", "tpu"])
    with pytest.raises(RequestError, match=r"^unrecognized arguments: --dev cpu \(see --help\)$"):
        parser.parse_args(["--dev", "cpu"])


def test_a_default_is_told_once_and_only_where_there_is_one() -> None:
    parser = cli.Parser("sase_bench.made_up", "Nothing.")
    parser.add_argument("--plain", default="a", help="shown")
    parser.add_argument("--told", default="b", help="in words (default: the letter b)")
    parser.add_argument("--nothing", help="none")
    parser.add_argument("--switch", action="store_true", help="off")
    parser.add_argument("--several", nargs="+", default=[], help="none as well")
    lines = {line.split()[0]: line.strip() for line in parser.format_help().splitlines() if line.startswith("  --")}
    assert {flag: line.partition("(")[2] for flag, line in lines.items()} == {
        "--plain": "default: a)",
        "--told": "default: the letter b)",
        "--nothing": "",
        "--switch": "",
        "--several": "",
    }


def test_progress_counts_from_where_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm", reason="needs the extra 'train'")
    with cli.progress(5, initial=2, name="made-up", unit="run", smoothing=0) as bar:
        bar.update(3)
    assert capsys.readouterr().err.splitlines()[-1].startswith("made-up: 100%")
    assert bar.n == 5
    with cli.progress(5, unit="run", shown=False) as bar:
        bar.update(5)
    assert capsys.readouterr() == ("", "")
