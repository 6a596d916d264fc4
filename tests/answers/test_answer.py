from sase_bench.answers import Answer, Field, styled


def test_columns_of_one_style_have_its_type() -> None:
    assert styled("score", "val_loss", "after 16") == (
        Field("val_loss", "DOUBLE", "score"),
        Field("after 16", "DOUBLE", "score"),
    )


def test_records_become_an_answer_and_come_back() -> None:
    records = [{"slot": "gate", "share": 0.5}, {"slot": "squeeze", "share": None}]
    answer = Answer.of(records)
    assert (answer.columns, answer.rows) == (("slot", "share"), (("gate", 0.5), ("squeeze", None)))
    assert answer.records() == records
