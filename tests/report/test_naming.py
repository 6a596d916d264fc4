from sase_bench.modules import Module
from sase_bench.report.naming import PUBLISHED, called, named, titled
from sase_bench.space import SASE_BLOCK


def test_the_published_block_has_one_name_among_modules_and_among_blocks() -> None:
    assert (named("sase"), titled(SASE_BLOCK.index)) == (PUBLISHED, PUBLISHED)
    assert (named("eca"), titled(7)) == ("eca", "block 7")


def test_a_question_names_a_block_by_its_number_and_a_module_by_its_name() -> None:
    assert called({"arch": 7, "text": "gap/..."}) == "7"
    assert called({"arch": Module("eca").index, "text": "eca"}) == "eca"
