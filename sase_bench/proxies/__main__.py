"""`python -m sase_bench.proxies`: list the proxies, or print one's recipe; `--splits` prints `splits.json`, made anew."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sase_bench import cli
from sase_bench.answers import Answer, add_format_option, show, styled
from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.registry import PROXIES, find
from sase_bench.recipes.splits import checksums


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("proxies", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    parser = cli.Parser("sase_bench.proxies", "List the proxies, or print the recipe of one.")
    parser.add_argument("proxy", nargs="?", metavar="PROXY", help="the one whose recipe is printed, with every setting")
    parser.add_argument("--splits", action="store_true", help="print the checksums of all splits and image sets as JSON")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where torchvision's data sets are")
    add_format_option(parser, what="how the list is printed")
    options = parser.parse_args(argv)
    if options.splits:
        print(_checksums(options.data))
    else:
        show(options.format, _listed() if options.proxy is None else _recipe(find(options.proxy)))
    return 0


def _listed() -> Answer:
    sizes = ("train_size", "val_size", "test_size", "epochs")
    fields = (*styled("text", "proxy", "trunk"), *styled("plain", *sizes), *styled("text", "recipe_hash"))
    found = [(proxy, [getattr(proxy, name) for name in sizes]) for proxy in PROXIES.values()]
    return Answer(fields=fields, rows=tuple((one.name, one.trunk.name, *counts, one.recipe_hash) for one, counts in found))


def _recipe(proxy: Proxy) -> Answer:
    """Every setting of a recipe; `sase_bench.recipes.Proxy` has their units."""
    settings = {"proxy": proxy.name} | {name: value for name, value in asdict(proxy).items() if name != "name"}
    settings |= {"trunk": proxy.trunk.name, "recipe_hash": proxy.recipe_hash}
    texts = tuple(str(value) for value in settings.values())
    return Answer(fields=tuple(styled("text", *settings)), rows=(texts,), upright=True)


def _checksums(folder: Path | None) -> str:
    from sase_bench.proxies.datasets import images_checksum, raw_images

    content = {name: checksums(proxy) for name, proxy in PROXIES.items()}
    datasets = sorted({proxy.dataset for proxy in PROXIES.values()})
    content["images"] = {dataset: images_checksum(dataset, raw_images(dataset, folder, coarsest=0)) for dataset in datasets}
    return json.dumps(content, indent=1)


if __name__ == "__main__":
    sys.exit(main())
