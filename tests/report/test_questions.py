from pathlib import Path

from sase_bench.database.reader import default_source
from sase_bench.report.questions import command, option_of


def test_a_command_names_the_table_where_another_would_be_read() -> None:
    assert command("summary", option_of(default_source())) == 'python -m sase_bench.query "summary"'
    assert command("summary", option_of(Path("my runs"))) == "python -m sase_bench.query \"summary\" --db 'my runs'"
