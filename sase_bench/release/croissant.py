"""Croissant 1.0 metadata (https://docs.mlcommons.org/croissant/docs/croissant-spec.html) of a shelf, as JSON-LD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from sase_bench.database.checksums import sha256
from sase_bench.database.shelf import Shelf, parquet
from sase_bench.database.version import MODULES_FOLDER
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, Column
from sase_bench.version import __version__

__all__ = ["croissant"]

_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_PAPER = "https://arxiv.org/abs/2411.08333"
_TERMS = (
    "citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format", "includes",
    "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace",
    "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}
_TYPES = {int: "sc:Integer", float: "sc:Float", str: "sc:Text"}
_FORMATS = {".parquet": "application/x-parquet", ".csv": "text/csv", ".json": "application/json"}


def croissant(shelf: Shelf, others: Sequence[Path]) -> dict[str, Any]:
    """The metadata: a file object for each shard and each of `others`, and a record set of the runs of each shard."""
    with duckdb.connect() as connection:
        query = f"SELECT max(started_at)[:10] FROM {parquet(shelf.shards)}"
        (last,) = connection.execute(query).fetchone() or (None,)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "sase-bench",
        "description": (
            "Training runs of squeeze-and-excitation attention blocks of the SASE search space on proxy tasks: "
            "scores, learning curves, costs and provenance by block, proxy and seed."
        ),
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "url": _PAPER,
        "license": _LICENCE,
        "version": __version__,
        "datePublished": last,
        "citeAs": f"sase-bench {__version__}, a benchmark over the search space of SASE ({_PAPER})",
        "keywords": ["attention", "benchmark", "neural architecture search", "squeeze-and-excitation"],
        "isLiveDataset": False,
        "distribution": [_file(path, shelf.name_of(path)) for path in (*shelf.files, *others)],
        "recordSet": [_records(shelf.name_of(path)) for path in shelf.files],
    }


def _file(path: Path, name: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": _FORMATS[path.suffix],
        "sha256": sha256(path),
    }


def _records(shard: str) -> dict[str, Any]:
    name = shard.removesuffix(".parquet")
    subject = "published module" if name.startswith(f"{MODULES_FOLDER}/") else "architecture"
    curve = {
        "@type": "cr:Field",
        "@id": f"{name}/curve",
        "name": "curve",
        "description": "the learning curve, an entry for each epoch",
        "repeated": True,
        "source": _source(shard, "curve"),
        "subField": list(_fields(shard, EPOCH_COLUMNS, f"{name}/curve", within="curve")),
    }
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"the runs in {shard}, one row for each {subject}, proxy and seed",
        "key": [{"@id": f"{name}/{column}"} for column in KEY],
        "field": [*_fields(shard, COLUMNS, name), curve],
    }


def _fields(shard: str, columns: Mapping[str, Column], prefix: str, within: str | None = None) -> Iterator[dict[str, Any]]:
    for name, column in columns.items():
        said = [
            column.description,
            f"unit: {column.unit}" if column.unit else "",
            f"{column.better} is better" if column.better else "",
        ]
        yield {
            "@type": "cr:Field",
            "@id": f"{prefix}/{name}",
            "name": name,
            "description": "; ".join(filter(None, said)),
            "dataType": _TYPES[column.type],
            "source": _source(shard, within or name) | ({"transform": {"jsonPath": name}} if within else {}),
        }


def _source(shard: str, column: str) -> dict[str, Any]:
    return {"fileObject": {"@id": shard}, "extract": {"column": column}}
