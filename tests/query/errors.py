"""What a refused query leaves on the terminal."""

import pytest


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of an error."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("query: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err.removeprefix("query: ").removesuffix("\n")
