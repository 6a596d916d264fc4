"""The size that a network is built for."""

from numbers import Integral

from sase_bench.errors import RequestError

__all__ = ["require_pixels"]


def require_pixels(resolution: object) -> None:
    """Raises `RequestError` unless `resolution` is one number of pixels: trunks are built for square images."""
    if isinstance(resolution, bool) or not isinstance(resolution, Integral) or resolution < 1:
        raise RequestError(
            f"resolution is a number of pixels, height = width, got {resolution!r}; images of other shapes run too"
        )
