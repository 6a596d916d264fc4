"""What must be known of tables and shelves where there is no DuckDB: the schema's version, and those meant by default."""

from importlib.resources import files
from pathlib import Path

__all__ = ["DEFAULT_SHELF", "DEFAULT_TABLE", "MODULES_FOLDER", "SCHEMA_VERSION", "find_released", "released_path"]

#: The table that a sweep fills and a query asks where nothing else is said, relative to the working directory.
DEFAULT_TABLE = Path("sase-bench.duckdb")

#: Where the released shards lie in a checkout, relative to the working directory.
DEFAULT_SHELF = Path("database")

#: The folder in a shelf with the shards of published modules.
MODULES_FOLDER = "modules"

#: Raised by one whenever a released table would no longer fit; `migrations.MIGRATIONS` then says how to get there.
SCHEMA_VERSION = 1


def find_released() -> Path | None:
    """The folder of the released shards: in the installed package, else in the working directory; None if in neither."""
    packaged = files("sase_bench").joinpath("released")
    places = [packaged] if isinstance(packaged, Path) else []
    return next((place for place in (*places, DEFAULT_SHELF) if any(place.glob("*.parquet"))), None)


def released_path(*parts: str) -> Path:
    """Where something lies, or would, that is kept beside the released shards."""
    return (find_released() or DEFAULT_SHELF).joinpath(*parts)
