import pytest

from sase_bench.report.page.markup import Markup, address_of, codes, link, linked, slug, table


@pytest.mark.parametrize(
    ("source", "address", "text"),
    [
        ("ECA-Net (arXiv 1910.03151), Table 3", "https://arxiv.org/abs/1910.03151", "arXiv 1910.03151"),
        ("arXiv:1709.01507, 2018", "https://arxiv.org/abs/1709.01507", "arXiv:1709.01507"),
        ("github.com/a/b.c:d/e.md", "https://github.com/a/b.c/blob/HEAD/d/e.md", "github.com/a/b.c:d/e.md"),
        ("github.com/a/b:e.md@49ad01", "https://github.com/a/b/blob/49ad01/e.md", "github.com/a/b:e.md@49ad01"),
        ("github.com/a/b/issues/37.", "https://github.com/a/b/issues/37", "github.com/a/b/issues/37"),
        ("see https://pytorch.org/x.html", "https://pytorch.org/x.html", "https://pytorch.org/x.html"),
    ],
)
def test_a_source_becomes_a_link(source: str, address: str, text: str) -> None:
    assert address_of(source) == address
    assert f'<a href="{address}">{text}</a>' in linked(source)


@pytest.mark.parametrize(
    "text", ["ICML 2021, PMLR 139", "older osmr/imgclsmob README", "README.md", "javascript://a/b", "1.5/2"]
)
def test_other_text_is_no_link(text: str) -> None:
    assert address_of(text) is None
    assert linked(text) == text


def test_what_stands_around_a_link_is_escaped() -> None:
    assert linked('<b> arXiv 1910.03151"><i>') == (
        '&lt;b&gt; <a href="https://arxiv.org/abs/1910.03151">arXiv 1910.03151</a>&quot;&gt;&lt;i&gt;'
    )
    assert link('"><i>', "<", '"') == '<a href="&quot;&gt;&lt;i&gt;" title="&quot;">&lt;</a>'
    assert codes("a < b\nc") == "<code>a &lt; b</code> <code>c</code>"


def test_only_markup_enters_a_table_as_it_is() -> None:
    made = table(["<"], [["<i>", Markup("<b>x</b>")]])
    assert '<th scope="col">&lt;</th>' in made
    assert "<td>&lt;i&gt;</td><td><b>x</b></td>" in made


def test_an_anchor_has_letters_digits_and_dashes() -> None:
    assert slug("ResNet-50, val_loss <best>") == "resnet-50-val-loss-best"
