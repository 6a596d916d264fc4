from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.modules import Module, all_modules
from sase_bench.space import SASE_BLOCK, Space
from sase_bench.sweep.plan import Task, read_plan, tasks_of

TIED, FULL = Space("tied"), Space("full")


def test_plans_stand_for_the_blocks_they_name(tmp_path: Path) -> None:
    path = tmp_path / "plan.txt"
    path.write_text(f"# the published block, twice\n54983\n\n{SASE_BLOCK}\n 0 \n")
    assert len(read_plan(["all"], TIED)) == 2401
    assert read_plan(["random:5"], FULL) == FULL.sample(5, seed=0)
    assert read_plan(["orthogonal:49"], FULL) == FULL.orthogonal_array(49, seed=0)
    assert [arch.index for arch in read_plan([f"file:{path}"], FULL)] == [54983, 0]
    assert [arch.index for arch in read_plan(["0", str(SASE_BLOCK), "0"], FULL)] == [0, 54983]


def test_neighbours_follow_the_block_that_they_surround() -> None:
    assert read_plan(["neighbours:54983"], FULL) == [SASE_BLOCK, *SASE_BLOCK.neighbours()]
    assert read_plan([f"neighbours:{TIED[5]}"], TIED) == [TIED[5], *TIED.neighbours(TIED[5])]


def test_modules_are_the_published_ones_the_block_of_the_paper_and_the_plain_trunk() -> None:
    found = read_plan(["modules"], TIED)
    assert found == [SASE_BLOCK, *all_modules()]
    assert [str(one) for one in found[1:3]] == ["none", "se"]
    assert read_plan(["eca", "0", "ECA"], TIED) == [Module("eca"), TIED[0]]


def test_a_larger_sample_goes_on_where_a_smaller_one_ended() -> None:
    assert read_plan(["random:30"], TIED)[:10] == read_plan(["random:10"], TIED)


def test_all_blocks_get_their_first_seed_before_any_gets_its_second() -> None:
    blocks = TIED[:2]
    assert tasks_of(blocks, [4, 9]) == [Task(arch, (seed,)) for seed in (4, 9) for arch in blocks]
    assert tasks_of(blocks, [4, 9, 1], together=2) == [Task(arch, seeds) for seeds in ((4, 9), (1,)) for arch in blocks]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["all", "3"], "the plan 'all' stands alone, got also '3'"),
        (["random:0"], "the plan random:N takes a number of blocks from 1 to 2401, got '0'"),
        (["random:x"], "the plan random:N takes a number of blocks from 1 to 2401, got 'x'"),
        (["random:2402"], "the tied space holds 2401 architectures, a sample of 2402 was asked for"),
        (["orthogonal:50"], "an orthogonal array of the tied space has one of 49, 343, 2401 blocks, got 50"),
        (["orthogonal:x"], "the plan orthogonal:N takes a number of blocks, 49 or a higher power of 7, got 'x'"),
        (["orthogonal:49", "3"], "the plan 'orthogonal:49' stands alone, got also '3'"),
        (["file:/nowhere"], "cannot read the plan '/nowhere': No such file or directory"),
        (["gap/affine"], "an architecture is six operation names joined by '/' or an index, got 2 in 'gap/affine'; "
                         "a plan is all, random:N, orthogonal:N, neighbours:BLOCK, modules, file:PATH or blocks"),
        (["neighbours:se"], "an architecture is six operation names joined by '/' or an index, got 1 in 'se'"),
        (["neighbours:54983"], f"{SASE_BLOCK} is not in the tied space; use --space full"),
        (["neighbours:5", "3"], "the plan 'neighbours:5' stands alone, got also '3'"),
        (["54983"], f"{SASE_BLOCK} is not in the tied space; use --space full"),
    ],
)  # fmt: skip
def test_plans_that_cannot_be_read_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(RequestError) as error:
        read_plan(words, TIED)
    assert str(error.value) == message


def test_a_file_that_is_named_without_the_word_for_one_is_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("0\n")
    with pytest.raises(RequestError, match=f"; did you mean file:{path}\\?$"):
        read_plan([str(path)], TIED)
    with pytest.raises(RequestError, match=r"file:PATH or blocks$"):
        read_plan(["a" * 5000], TIED)


def test_a_line_of_a_plan_file_that_is_no_block_is_named(tmp_path: Path) -> None:
    path = tmp_path / "plan.txt"
    path.write_text("0\nnonsense\n")
    with pytest.raises(RequestError, match=r"plan.txt:2: unknown attention module 'nonsense'"):
        read_plan([f"file:{path}"], TIED)
    path.write_text("# nothing\n")
    with pytest.raises(RequestError, match="names no block"):
        read_plan([f"file:{path}"], TIED)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RequestError, match="not a text file"):
        read_plan([f"file:{path}"], TIED)
