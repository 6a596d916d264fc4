from sase_bench.answers import Answer, markdown, render, styled
from sase_bench.answers.tables import LONGEST_TABLE
from tests.answers.odd import ODD


def test_text_cannot_steer_a_terminal_or_break_a_table() -> None:
    assert "\x1b" not in render(ODD, "table")
    assert "\\x1b[31m" in render(ODD, "table")
    assert 'a\\|b<br>\\x1b[31m"c",' in render(ODD, "md")
    assert {line.replace("\\|", "").count("|") for line in render(ODD, "md").splitlines()} == {12}


def test_markdown_keeps_a_cell_in_its_column_and_as_the_text_that_it_is() -> None:
    text = markdown(["a", "b|"], [["x|y", "<b>&amp;\nz\x1b"]], ["left", "right"])
    assert text == "| a | b\\| |\n| --- | ---: |\n| x\\|y | &lt;b>&amp;amp;<br>z\\x1b |\n"
    assert markdown(["a", "b"], []) == "| a | b |\n| --- | --- |\n"


def test_a_column_has_one_number_of_decimals() -> None:
    def column(*values: float | None) -> list[str]:
        answer = Answer(fields=(*styled("plain", "arch"), *styled("score", "val_loss_sd")), rows=tuple(enumerate(values)))
        return [line.split("|")[2].strip() for line in render(answer, "md").splitlines()[2:]]

    assert column(0.004, 0.0007071067811865475, None, 0.0, -1.5) == ["0.00400", "0.00071", "-", "0.00000", "-1.50000"]
    assert column(0.004, 0.0012) == ["0.0040", "0.0012"]
    assert column(0.0) == ["0.0000"]
    assert column(0.004, 1.25e-9) == ["0.0040", "1.25e-09"]  # no column is that wide


def test_numbers_are_rounded_but_never_to_nothing() -> None:
    fields = [field for style in ("score", "count", "plain", "seconds", "digits") for field in styled(style, style)]
    answer = Answer(fields=tuple(fields), rows=((0.00001234, 1234567, 1234567, 1234.5, 0.0123456),))
    assert render(answer, "md").splitlines()[-1] == "| 0.000012 | 1,234,567 | 1234567 | 1,234.50 | 0.01235 |"
    answer = Answer(fields=styled("score", "val_loss", "value"), rows=((1.5e30, 20170), (0.0, -0.5)))
    assert render(answer, "md").splitlines()[-2:] == ["| 1.5e+30 | 20,170 |", "| 0.0000 | -0.5000 |"]


def test_a_title_stands_above_the_table_and_in_markdown_is_a_heading() -> None:
    answer = Answer(fields=styled("plain", "place"), rows=((1,),), title="digits")
    assert render(answer, "table") == "digits\n\n  place\n-------\n      1\n"
    assert render(answer, "md") == "## digits\n\n| place |\n| ---: |\n| 1 |\n"


def test_a_terminal_shows_two_hundred_rows() -> None:
    answer = Answer(fields=styled("plain", "place"), rows=tuple((place,) for place in range(1000)))
    assert [len(render(answer, name).splitlines()) for name in ("table", "md", "csv")] == [LONGEST_TABLE + 2, 1002, 1001]
