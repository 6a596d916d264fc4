"""The search space: slots, operations, architectures, and the two spaces `tied` and `full`.

What an operation computes is in `sase_bench.blocks`; here it is only a name and a number, so that this module needs
nothing but numpy. Names, order and numbering are those of SASE (arXiv 2411.08333): six slots with seven operations each.

>>> arch = Architecture.parse("GAP+GMP/2conv_1x1/affine/p-norm/GAP/2conv_3x3")
>>> arch.index, arch.digits, arch.is_tied
(54983, (3, 1, 6, 2, 0, 5), False)
>>> str(Architecture.from_index(0))
'gap/3conv1d_3/3conv1d_3/gap/gap/conv_3x1_1x3'
>>> len(Space("tied")), len(Space("full")), arch in Space("tied")
(2401, 117649, False)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from operator import index as whole
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError, unknown

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

__all__ = [
    "OPERATIONS",
    "PLACES",
    "RADIX",
    "SASE",
    "SASE_BLOCK",
    "SETS",
    "SLOTS",
    "SPACES",
    "Architecture",
    "Space",
    "find_operation",
]

#: Operation names of each set, in the order of their numbers.
SETS: dict[str, tuple[str, ...]] = {
    "channel_squeeze": ("gap", "l2-norm", "p-norm", "gap+gmp", "gap+std", "skewpooling", "2nd-order-pooling"),
    "channel_excite": ("3conv1d_3", "2conv_1x1", "conv1d_3", "conv1d_5", "conv1d_7", "2conv1d_3", "affine"),
    "spatial_squeeze": ("gap", "l2-norm", "p-norm", "gap+gmp", "gap+std", "skewpooling", "2nd-order-pooling"),
    "spatial_excite": ("conv_3x1_1x3", "conv_5x1_1x5", "conv_3x3", "conv_5x5", "conv_7x7", "2conv_3x3", "affine"),
}

#: The six slots in order, each with the set it draws from.
SLOTS: dict[str, str] = {
    "channel_squeeze": "channel_squeeze",
    "channel_excite": "channel_excite",
    "channel_gate": "channel_excite",
    "gated_squeeze": "spatial_squeeze",
    "spatial_squeeze": "spatial_squeeze",
    "spatial_excite": "spatial_excite",
}

#: Operation names of each slot, in the order of their numbers.
OPERATIONS: dict[str, tuple[str, ...]] = {slot: SETS[name] for slot, name in SLOTS.items()}

#: The spaces by name, with what their free choices are called.
SPACES: dict[str, tuple[str, ...]] = {"tied": tuple(SETS), "full": tuple(SLOTS)}

#: Operations of every slot: an index is a number of six digits in this base.
RADIX = 7

#: What a digit of each slot is worth in an index.
PLACES = tuple(RADIX ** (len(SLOTS) - 1 - i) for i in range(len(SLOTS)))

_SIZE = RADIX ** len(SLOTS)


def find_operation(slot: str, name: str) -> str:
    """The operation of `slot` that is called `name`, in the paper's case and with its spaces too. Raises `RequestError`."""
    if slot not in list(OPERATIONS):
        raise unknown("slot", slot, OPERATIONS)
    known = str(name).strip().lower().replace(" ", "-")
    if known not in OPERATIONS[slot]:
        raise unknown(f"{slot} operation", name, OPERATIONS[slot])
    return known


@dataclass(frozen=True, order=True, slots=True)
class Architecture:
    """One attention block: an operation for each of the six slots. Equal, ordered and hashed by `index` in the full space."""

    index: int

    def __post_init__(self) -> None:
        index: Any = self.index
        if type(index) is not int and not isinstance(index, np.integer):
            raise RequestError(f"an architecture's index is a whole number, got {index!r}; Architecture.of takes text too")
        if not 0 <= self.index < _SIZE:
            raise RequestError(f"an architecture's index lies in 0..{_SIZE - 1}, got {self.index!r}")

    @classmethod
    def of(cls, block: Architecture | str | SupportsIndex) -> Architecture:
        """The block itself, or that of a text form or an index, numpy's integers too. Raises `RequestError` for another."""
        if isinstance(block, Architecture):
            return block
        return cls.parse(block) if isinstance(block, str) else cls.from_index(block)

    @classmethod
    def from_index(cls, index: SupportsIndex) -> Architecture:
        """The architecture number `index` of the full space, 0..117,648 (base 7, slot 0 most significant)."""
        try:
            number = None if isinstance(index, bool) else whole(index)
        except TypeError:
            number = None
        if number is None:
            raise RequestError(f"a block is an Architecture, its text or its index, got {index!r}")
        return cls(number)

    @classmethod
    def from_digits(cls, digits: Iterable[int]) -> Architecture:
        """The architecture with the given six operation numbers, each 0..6, in slot order."""
        numbers = tuple(int(digit) for digit in digits)
        if len(numbers) != len(SLOTS) or not all(0 <= digit < RADIX for digit in numbers):
            raise RequestError(f"an architecture has six digits in 0..6, got {numbers!r}")
        return cls(sum(digit * place for digit, place in zip(numbers, PLACES, strict=True)))

    @classmethod
    def parse(cls, text: str) -> Architecture:
        """The architecture written as six names joined by `/` (the paper's case and spaces also do), or as an index.

        `sase` is the one that the authors of the space published.
        """
        if not isinstance(text, str):
            raise RequestError(f"an architecture is parsed from its text, got {text!r}")
        number = text.strip()  # takes off more than `int` does: the separators of ASCII
        if number.lower() == SASE:
            return SASE_BLOCK
        if number.isdecimal():
            if len(number) > 9:
                raise RequestError(f"an architecture's index lies in 0..{_SIZE - 1}, got {number[:20]!r}")
            return cls.from_index(int(number))
        names = [name.strip() for name in text.split("/")]
        if len(names) != len(SLOTS):
            raise RequestError(
                f"an architecture is six operation names joined by '/' or an index, got {len(names)} in {text[:120]!r}"
            )
        return cls.from_operations(dict(zip(SLOTS, names, strict=True)))

    @classmethod
    def from_operations(cls, operations: Mapping[str, str]) -> Architecture:
        """The architecture with the operation in each slot that `find_operation` finds.

        Keys are the slots, or the four sets for a tied block.
        """
        tied = set(operations) == set(SETS)
        if not tied and set(operations) != set(SLOTS):
            raise RequestError(f"expected an operation for each of {', '.join(SLOTS)}; got {', '.join(operations)}")
        digits = []
        for slot, choices in OPERATIONS.items():
            digits.append(choices.index(find_operation(slot, operations[SLOTS[slot] if tied else slot])))
        return cls.from_digits(digits)

    @property
    def digits(self) -> tuple[int, ...]:
        """The six operation numbers, 0..6, in slot order."""
        return tuple(self.index // place % RADIX for place in PLACES)

    @property
    def operations(self) -> dict[str, str]:
        """The operation's name in every slot."""
        return {slot: OPERATIONS[slot][digit] for slot, digit in zip(SLOTS, self.digits, strict=True)}

    @property
    def is_tied(self) -> bool:
        """Whether slots that draw from one set agree, that is whether the block lies in the `tied` space."""
        digits = self.digits
        return digits[1] == digits[2] and digits[3] == digits[4]

    def neighbours(self) -> Iterator[Architecture]:
        """The 36 blocks that differ in exactly one slot, by slot and operation number."""
        for place, digit in zip(PLACES, self.digits, strict=True):
            for other in range(RADIX):
                if other != digit:
                    yield Architecture(self.index + (other - digit) * place)

    def __str__(self) -> str:
        return "/".join(self.operations.values())


#: The block that the authors' own search found and published, and its name among published modules.
SASE_BLOCK, SASE = Architecture(54983), "sase"


@dataclass(frozen=True)
class Space:
    """A finite set of architectures in ascending order of index: `tied` (2,401) or `full` (117,649)."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in list(SPACES):
            raise unknown("space", self.name, SPACES)

    @cached_property
    def indices(self) -> NDArray[np.int32]:
        """The members' indices in the full space, ascending, shape (n,)."""
        if self.name == "full":
            return np.arange(_SIZE, dtype=np.int32)
        free = [(a, b, b, c, c, d) for a, b, c, d in product(range(RADIX), repeat=4)]
        return np.asarray(free, dtype=np.int32) @ np.asarray(PLACES, dtype=np.int32)

    def digits(self) -> NDArray[np.uint8]:
        """Every member's operation numbers, shape (n, 6)."""
        digits = self.indices[:, None] // np.asarray(PLACES, dtype=np.int32) % RADIX
        return np.asarray(digits, dtype=np.uint8)

    def one_hot(self) -> NDArray[np.uint8]:
        """Every member's slots as indicators, shape (n, 42): seven columns a slot, in slot order."""
        indicators: NDArray[np.uint8] = np.eye(RADIX, dtype=np.uint8)[self.digits()]
        return indicators.reshape(len(self), -1)

    def __len__(self) -> int:
        return int(RADIX ** len(SPACES[self.name]))

    def __contains__(self, arch: object) -> bool:
        return isinstance(arch, Architecture) and (self.name == "full" or arch.is_tied)

    @overload
    def __getitem__(self, position: int) -> Architecture: ...
    @overload
    def __getitem__(self, position: slice) -> list[Architecture]: ...
    def __getitem__(self, position: int | slice) -> Architecture | list[Architecture]:
        if isinstance(position, slice):
            return [Architecture(int(index)) for index in self.indices[position]]
        return Architecture(int(self.indices[position]))

    def __iter__(self) -> Iterator[Architecture]:
        return (Architecture(int(index)) for index in self.indices)

    def sample(self, n: int, seed: int) -> list[Architecture]:
        """`n` different members, uniformly without replacement; the same for the same seed."""
        if not isinstance(n, int | np.integer):
            raise RequestError(f"the size of a sample is a whole number, got {n!r}")
        if not 0 <= n <= len(self):
            raise RequestError(f"the {self.name} space holds {len(self)} architectures, a sample of {n} was asked for")
        if seed < 0:
            raise RequestError(f"the seed of a sample is 0 or more, got {seed}")
        chosen = np.random.default_rng(seed).permutation(len(self))[:n]
        return [self[int(position)] for position in chosen]

    @property
    def arrays(self) -> dict[int, int]:
        """The strength t of each orthogonal array by its number of blocks, 7^t, see `orthogonal_array`."""
        return {RADIX**strength: strength for strength in range(2, len(SPACES[self.name]) + 1)}

    def orthogonal_array(self, n: int, seed: int) -> list[Architecture]:
        """`n` = 7^t members among which any t choices, at least 2, meet in every combination just once.

        So what one choice does to a score is not mixed up with what another one does: a balanced sample for effects and
        predictors, of which each block is uniformly distributed all the same. Bush's construction (Annals of Mathematical
        Statistics 23, 1952): the values of all polynomials of a degree below t over the field of seven elements, the
        operations of each choice and the blocks then shuffled by `seed`. Raises `RequestError` for another `n`.
        """
        if n not in self.arrays:
            sizes = ", ".join(map(str, self.arrays))
            raise RequestError(f"an orthogonal array of the {self.name} space has one of {sizes} blocks, got {n}")
        choices, strength = len(SPACES[self.name]), self.arrays[n]
        generator = np.random.default_rng(seed)
        polynomials = np.indices((RADIX,) * strength).reshape(strength, -1).T  # (n, t)
        powers = np.arange(choices) ** np.arange(strength)[:, None]  # (t, choices)
        levels = polynomials @ powers % RADIX  # (n, choices)
        for choice in range(choices):
            levels[:, choice] = generator.permutation(RADIX)[levels[:, choice]]
        positions = generator.permutation(levels @ (RADIX ** np.arange(choices - 1, -1, -1)))
        return [self[int(position)] for position in positions]

    def neighbours(self, arch: Architecture) -> list[Architecture]:
        """The members that differ from `arch` in one free choice: 36 blocks in `full`, 24 in `tied`."""
        if arch not in self:
            raise RequestError(f"{arch} is not in the {self.name} space")
        if self.name == "full":
            return list(arch.neighbours())
        operations = {name: arch.operations[name] for name in SETS}
        return [
            Architecture.from_operations({**operations, name: other})
            for name, choices in SETS.items()
            for other in choices
            if other != operations[name]
        ]

    def configuration_space(self, seed: int | None = None) -> ConfigurationSpace:
        """The space as a ConfigSpace `ConfigurationSpace`: a categorical for each slot (`full`) or each set (`tied`)."""
        from ConfigSpace import CategoricalHyperparameter, ConfigurationSpace

        space = ConfigurationSpace(name=f"sase-{self.name}", seed=seed)
        space.add([CategoricalHyperparameter(name, (OPERATIONS | SETS)[name]) for name in SPACES[self.name]])
        return space

    def configuration(self, arch: Architecture) -> dict[str, Any]:
        """The values that `configuration_space()` takes for `arch`; `Architecture.from_operations` is the inverse."""
        if arch not in self:
            raise RequestError(f"{arch} is not in the {self.name} space")
        return {name: arch.operations[name] for name in SPACES[self.name]}
