"""The version of the package, alone, so that anything can import it."""

__all__ = ["__version__"]

__version__ = "0.1.0"
