"""Reports on a table: `python -m sase_bench.report`, or `nox -s report`.

Everything a report says stands beside the command that gives it again. Two kinds of evidence are kept apart throughout: scores
on proxies, which are this project's, and ImageNet results, which are published by others and only compared within a source.
"""

from sase_bench.report.document import Section, sections, write

__all__ = ["Section", "sections", "write"]
