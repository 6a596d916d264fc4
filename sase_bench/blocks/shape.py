"""What an operation is built for."""

from dataclasses import dataclass

from sase_bench.errors import RequestError

__all__ = ["Shape"]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The feature map that a block stands on, and the ε under its roots."""

    channels: int
    height: int  # pixels
    width: int  # pixels
    epsilon: float = 1e-12  # 0 restores the reference's roots, whose gradient is not finite at 0

    def __post_init__(self) -> None:
        if min(self.channels, self.height, self.width) < 1:
            raise RequestError(f"a feature map has at least one channel, row and column, got {self}")

    def require(self, operation: str, *, channels: int = 1, pixels: int = 1) -> None:
        """Refuse a map on which `operation` is not defined."""
        if self.channels < channels or self.height * self.width < pixels:
            raise RequestError(
                f"{operation} needs at least {channels} channels and {pixels} pixels, "
                f"got {self.channels} channels and {self.height}x{self.width} pixels"
            )
