"""Questions and blocks that are nearly right: valid ones, spoilt at random, and text of any kind."""

import random
from collections.abc import Callable, Iterator

from sase_bench.query.language import FORMS
from sase_bench.query.metrics import METRICS
from sase_bench.space import OPERATIONS, Architecture

_WORDS = [
    *(
        "top",
        "bottom",
        "pareto",
        "arch",
        "rank",
        "compare",
        "curve",
        "effect",
        "fidelity",
        "proxies",
        "columns",
        "summary",
        "sql",
    ),
    *("by", "vs", "with", "where", "on", "in", "and", "or", "not", "(", ")", "<", "<=", ">", ">=", "=", "!=", "==", "<>"),
    *METRICS,
    *("seeds", "val_loss", "val_top1", "se", "sase", "none"),
    *OPERATIONS,
    *(name for names in OPERATIONS.values() for name in names),
    *("digits", "cifar10-8", "tied", "full", "10", "0", "-1", "54983", "117648", "117649", "1e999", "1e-999", "0.3M", "95%"),
    *("../../etc/passwd", "'; DROP TABLE runs; --", '"quoted words"', "'", '"', "/", "//////", "²", "٣", "NaN", "inf", "None"),
]
_ODD = "\x00\x1b\t\n\r\x85\u2028\u202e\u200b\ufeff\u0301İıſK²½٣５é🙂𝟘\ud800\udfff\"'`\\/%()<>=!-+.,;#$"


def block(generator: random.Random) -> str:
    """A block as a person writes it."""
    arch = Architecture(generator.randrange(117_649))
    text = str(arch) if generator.random() < 0.7 else str(arch.index)
    return text.upper() if generator.random() < 0.2 else text


def question(generator: random.Random) -> str:
    """A question that the grammar has."""
    draw = generator.choice
    kind = generator.randrange(7)
    metric, other = generator.sample(sorted(METRICS), 2)
    clauses = [f"where {condition(generator, 3)}", f"on {draw(['digits', 'cifar10-8'])}", f"in {draw(['tied', 'full'])}"]
    tail = " ".join(generator.sample(clauses, generator.randrange(4)))
    if kind == 0:
        return f"{draw(['top', 'bottom'])} {generator.randrange(1, 200)} by {metric} {tail}"
    if kind == 1:
        return f"pareto {metric} vs {other} {tail}"
    if kind == 2:
        return f"effect {draw(sorted(OPERATIONS))} by {metric} {tail}"
    if kind == 3:
        return f"rank {block(generator)} by {metric} {draw(['', 'in tied', 'in full on digits'])}"
    if kind == 4:
        return f"compare {block(generator)} with {block(generator)}"
    return f"{draw(['arch', 'curve'])} {block(generator)}" if kind == 5 else str(draw(FORMS).example)


def condition(generator: random.Random, depth: int) -> str:
    kind = generator.randrange(5) if depth else generator.randrange(2)
    if generator.random() < 0.1:
        return f"seeds {generator.choice(['<', '>=', '='])} {generator.randrange(5)}"
    if kind == 0:
        number = generator.choice(["0.3M", "95%", "20k", "1e-3", "-1.5", "0.9", "1G"])
        return f"{generator.choice(sorted(METRICS))} {generator.choice(['<', '<=', '>', '>=', '=', '!='])} {number}"
    if kind == 1:
        slot = generator.choice(sorted(OPERATIONS))
        return f"{slot} {generator.choice(['=', '!='])} {generator.choice(OPERATIONS[slot])}"
    if kind == 2:
        return f"not {condition(generator, depth - 1)}"
    if kind == 3:
        return f"({condition(generator, depth - 1)})"
    return f"{condition(generator, depth - 1)} {generator.choice(['and', 'or'])} {condition(generator, depth - 1)}"


def spoilt(text: str, generator: random.Random) -> str:
    """`text` with one to four faults of any kind."""
    for _ in range(generator.randrange(1, 5)):
        text = generator.choice(_FAULTS)(text, generator)
    return text


def _without(text: str, generator: random.Random) -> str:
    words = text.split(" ")
    del words[generator.randrange(len(words))]
    return " ".join(words)


def _with(text: str, generator: random.Random) -> str:
    words = text.split(" ")
    words.insert(generator.randrange(len(words) + 1), generator.choice(_WORDS))
    return " ".join(words)


def _swapped(text: str, generator: random.Random) -> str:
    words = text.split(" ")
    i, j = generator.randrange(len(words)), generator.randrange(len(words))
    words[i], words[j] = words[j], words[i]
    return " ".join(words)


def _cut(text: str, generator: random.Random) -> str:
    return text[: generator.randrange(len(text) + 1)]


def _odd(text: str, generator: random.Random) -> str:
    place = generator.randrange(len(text) + 1)
    return text[:place] + generator.choice(_ODD) * generator.choice([1, 1, 1, 7]) + text[place:]


def _changed(text: str, generator: random.Random) -> str:
    place = generator.randrange(len(text) + 1)
    return text[:place] + chr(generator.choice([generator.randrange(128), generator.randrange(0x110000)])) + text[place + 1 :]


def _repeated(text: str, generator: random.Random) -> str:
    if len(text) > 3000:
        return text
    start = generator.randrange(len(text) + 1)
    part = text[start : start + generator.choice([1, 5, 30])]
    return text[:start] + part * generator.choice([2, 3, 60, 300]) + text[start:]


_FAULTS: list[Callable[[str, random.Random], str]] = [_without, _with, _swapped, _cut, _odd, _changed, _repeated]


def nearly(generator: random.Random, valid: Callable[[random.Random], str]) -> Iterator[str]:
    """Without end: valid texts, spoilt ones, soups of the language's words, and characters at random."""
    while True:
        kind = generator.random()
        if kind < 0.1:
            yield valid(generator)
        elif kind < 0.8:
            yield spoilt(valid(generator), generator)
        elif kind < 0.9:
            yield " ".join(generator.choices(_WORDS, k=generator.randrange(1, 20)))
        else:
            yield "".join(chr(generator.randrange(0x110000)) for _ in range(generator.randrange(40)))
