from pathlib import Path

from sase_bench.report.tables import NONE, Column, latex
from tests.report.typesetting import columns, refused, rows


def table(header: list[Column], *lines: list[str], is_long: bool = False) -> str:
    return latex(header, lines, caption="A#", label="tab:a", made_by="python\n-m x", is_long=is_long)


def test_latex_escapes_what_it_would_obey() -> None:
    text = table([Column("gain_%", "l")], ["5 & 6"], ["\\input{x}"])
    assert text.splitlines() == [
        "% made by: python -m x",
        r"\begin{table}",
        r"\centering",
        r"\setlength{\belowcaptionskip}{6pt}",
        r"\caption{A\#}",
        r"\label{tab:a}",
        r"\footnotesize",
        r"\setlength{\tabcolsep}{2.5pt}",
        r"\begin{tabular}{@{}l@{}}",
        r"\toprule",
        r"gain\_\% \\",
        r"\midrule",
        r"5 \& 6 \\",
        r"\textbackslash{}input\{x\} \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]


def test_numbers_stand_on_the_right_and_have_a_minus() -> None:
    text = table([Column("a", "l"), Column("b")], ["re-run", "-1.5 (-2.0–1.0)"], ["x", NONE])
    assert columns(text) == ["l", "r"]
    assert r"re-run & $-$1.5 ($-$2.0--1.0) \\" in text
    assert r"x & -- \\" in text


def test_a_paragraph_may_break_behind_a_slash_and_less_willingly_elsewhere() -> None:
    text = table([Column("source", "60pt")], ["a/b_c 0.1"])
    assert r"{@{}>{\raggedright\arraybackslash}p{60pt}@{}}" in text
    assert r"a/\allowbreak{}b\_\penalty500{}c 0.1 \\" in text


def test_neighbours_of_a_group_share_a_header() -> None:
    text = table([Column("a", "l"), Column("b", group="g"), Column("c", group="g"), Column("d")], ["1", "2", "3", "4"])
    assert " & \\multicolumn{2}{c}{g} &  \\\\\n\\cmidrule(lr){2-3}\na & b & c & d \\\\\n\\midrule\n" in text


def test_a_long_table_repeats_its_headers() -> None:
    text = table([Column("a", "l"), Column("b")], ["x", "1"], is_long=True)
    assert r"\begin{longtable}{@{}lr@{}}" in text
    assert text.count("a & b \\\\") == 2
    assert rows(text) == [["x", "1"]]


def test_latex_takes_every_letter_that_is_escaped(tmp_path: Path) -> None:
    odd = r'\ & % $ # _ { } ~ ^ < > | " ± × – … 10⁶ 10⁹'
    assert refused({"odd.tex": table([Column(odd, "l"), Column("b", "60pt")], [odd, odd])}, tmp_path) == []


def test_a_table_that_is_too_wide_is_told_by_its_file(tmp_path: Path) -> None:
    (said,) = refused({"wide.tex": table([Column("a", "l")], ["x" * 200])}, tmp_path)
    assert said.startswith("wide.tex: Overfull")
