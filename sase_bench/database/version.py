"""What must be known of tables where there is no DuckDB: the version of the schema, and the table that is meant by default."""

from pathlib import Path

__all__ = ["DEFAULT_TABLE", "MODULES_FOLDER", "SCHEMA_VERSION"]

#: The table that a sweep fills and a query asks where nothing else is said, relative to the working directory.
DEFAULT_TABLE = Path("sase-bench.duckdb")

#: The folder in a shelf with the shards of published modules.
MODULES_FOLDER = "modules"

#: Raised by one whenever a released table would no longer fit; `migrations.MIGRATIONS` then says how to get there.
SCHEMA_VERSION = 1
