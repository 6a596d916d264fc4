"""The version of the schema, for tables and shards alike. Needs no DuckDB."""

__all__ = ["SCHEMA_VERSION"]

#: Raised by one whenever a released table would no longer fit; `schema.MIGRATIONS` then says how to get there.
SCHEMA_VERSION = 1
