"""Reports on a table: `python -m sase_bench.report`, or `nox -s report`.

Everything a report says is the answer to a question that stands beside it, so a reader can ask it again. What is here are
the tables of one table of runs; figures and the comparison with published modules are not.
"""

from sase_bench.report.document import Section, sections, write

__all__ = ["Section", "sections", "write"]
