"""`python -m sase_bench.proxies` as a user meets it."""

import json
from dataclasses import fields

import pytest

from sase_bench.proxies.__main__ import main
from sase_bench.recipes.registry import PROXIES
from sase_bench.recipes.splits import published_checksums


def test_every_proxy_is_listed_with_its_sizes_and_its_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    header, _, *lines = capsys.readouterr().out.splitlines()
    assert header.split("  ")[0] == "proxy"
    for line, proxy in zip(lines, PROXIES.values(), strict=True):
        sizes = [proxy.train_size, proxy.val_size, proxy.test_size, proxy.epochs]
        assert line.split() == [proxy.name, *proxy.trunk.name.split(), *map(str, sizes), proxy.recipe_hash]


def test_a_recipe_is_printed_with_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digits", "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    digits = PROXIES["digits"]
    settings = {field.name for field in fields(digits)} - {"name"}
    assert {name: found[name] for name in settings} == {name: str(getattr(digits, name)) for name in settings}
    assert set(found) - settings == {"proxy", "trunk", "recipe_hash"}
    assert main(["nope"]) == 2
    assert capsys.readouterr().err.startswith("proxies: unknown proxy 'nope'; there are ")


def test_splits_are_not_made_without_the_images(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("SASE_BENCH_DATA", raising=False)
    monkeypatch.setattr("sase_bench.proxies.__main__.PROXIES", {"cifar10-8": PROXIES["cifar10-8"]})
    assert main(["--splits"]) == 2
    out = capsys.readouterr()
    assert (out.out, out.err.count("\n")) == ("", 1)
    assert out.err.startswith("proxies: cifar10 is not part of the package; say where it is with --data DIR")


def test_splits_are_those_that_are_published(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sase_bench.proxies.__main__.PROXIES", {"digits": PROXIES["digits"]})
    assert main(["--splits"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["digits"] == published_checksums()["digits"]
    assert list(printed) == ["digits", "images"]
    assert list(printed["images"]) == ["digits"]
