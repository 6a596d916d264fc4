from sase_bench.report.tables import latex


def test_latex_escapes_what_it_would_obey() -> None:
    text = latex(["gain_%"], [["5 & 6"], ["\\input{x}"]], caption="A#", label="tab:a")
    assert text.splitlines() == [
        r"\begin{table}",
        r"\centering",
        r"\caption{A\#}",
        r"\label{tab:a}",
        r"\begin{tabular}{l}",
        r"\toprule",
        r"gain\_\% \\",
        r"\midrule",
        r"5 \& 6 \\",
        r"\textbackslash{}input\{x\} \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
