"""Every column that an answer about the table can have, but for those of `sql`; scores follow from `sase_bench.record`."""

from __future__ import annotations

from collections.abc import Iterator

from sase_bench.answers import Field, Style, styled
from sase_bench.record import COLUMNS, OBJECTIVES
from sase_bench.space import SLOTS

__all__ = ["fields"]

#: Columns that are no scores of a run.
_STYLES: dict[Style, str] = {
    "text": """
        text digits proxy trunk reasons metric unit a_text b_text slot module operation dataset description table column type
        better split ranked_by
    """,
    "plain": "arch a_arch b_arch neighbour place of year epoch epochs resolution place_low place_high",
    "count": """
        params flops resnet50_params resnet50_flops
        architectures measured runs seeds ok diverged failed pairs a_seeds b_seeds neighbour_seeds train_size val_size test_size
        blocks blocks_ahead seeds_min seeds_max judged_blocks judged_seeds tied tied_of full full_of
    """,
    "score": """
        reliability reliability_low reliability_high divergence_rate gain gain_low gain_high lead lead_low lead_high
        share correlation
        value neighbour_value predicted_sd p_better seed_sd mean low high p difference a a_sd b b_sd
    """,
    "seconds": "median_train_seconds",
    "digits": "latency",
    "flag": "is_tied predicted",
}


def _declared() -> Iterator[Field]:
    yield from styled("text", *SLOTS)
    for style, names in _STYLES.items():
        yield from styled(style, *names.split())
    for name, column in COLUMNS.items():
        if column.type is float:
            yield from styled("seconds" if column.unit == "s" else "score", name, f"{name}_sd")
        if name in OBJECTIVES or column.split == "test":
            yield from styled("score", f"best_{name}")
            yield from styled("text", f"best_{name}_text")
            yield from styled("plain", f"best_{name}_arch")
            yield from styled("count", f"best_{name}_seeds")


_FIELDS = {field.name: field for field in _declared()}


def fields(*names: str) -> tuple[Field, ...]:
    """The declared columns with these names."""
    return tuple(_FIELDS[name] for name in names)
