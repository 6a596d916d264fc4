"""What an operation is built for."""

from dataclasses import dataclass

from sase_bench.errors import RequestError

__all__ = ["EPSILON", "Shape"]

#: Under the roots of the norms, unless another is asked for.
EPSILON = 1e-12


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The feature map that a block stands on, and the ε under its roots."""

    channels: int
    height: int  # pixels
    width: int  # pixels
    epsilon: float = EPSILON  # 0 restores the reference's roots, whose gradient is not finite at 0

    def __post_init__(self) -> None:
        if min(self.channels, self.height, self.width) < 1:
            shape = f"{self.channels} channels and {self.height}x{self.width} pixels"
            raise RequestError(f"a feature map has at least one channel, row and column, got {shape}")
        if not 0 <= self.epsilon < float("inf"):
            raise RequestError(f"epsilon is 0 or positive, got {self.epsilon!r}")

    def require(self, operation: str, *, channels: int = 1, pixels: int = 1) -> None:
        """Refuse a map on which `operation` is not defined."""
        if self.channels < channels:
            raise RequestError(f"{operation} needs at least {channels} channels, got {self.channels}; widen the network")
        if self.height * self.width < pixels:
            got = f"{self.height}x{self.width}"
            raise RequestError(f"{operation} needs at least {pixels} pixels, got {got}; use larger images or fewer strides")
