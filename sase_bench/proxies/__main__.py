"""`python -m sase_bench.proxies`: list the proxies; with `--splits` print the content of `splits.json`, made anew."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from sase_bench import cli
from sase_bench.recipes.registry import PROXIES
from sase_bench.recipes.splits import checksums


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("proxies", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    parser = cli.Parser("sase_bench.proxies", "List the proxies.")
    parser.add_argument("--splits", action="store_true", help="print the checksums of all splits and image sets as JSON")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where torchvision's data sets are")
    options = parser.parse_args(argv)
    print(_checksums(options.data) if options.splits else _table())
    return 0


def _table() -> str:
    rows = [
        (
            proxy.name,
            proxy.trunk.name,
            proxy.train_size,
            proxy.val_size,
            proxy.test_size,
            proxy.epochs,
            proxy.recipe_hash,
        )
        for proxy in PROXIES.values()
    ]
    headers = ("proxy", "trunk", "train images", "val images", "test images", "epochs", "recipe")
    return tabulate(rows, headers, tablefmt="simple")


def _checksums(folder: Path | None) -> str:
    from sase_bench.proxies.datasets import images_checksum, raw_images

    content = {name: checksums(proxy) for name, proxy in PROXIES.items()}
    datasets = sorted({proxy.dataset for proxy in PROXIES.values()})
    content["images"] = {dataset: images_checksum(dataset, raw_images(dataset, folder, coarsest=0)) for dataset in datasets}
    return json.dumps(content, indent=1)


if __name__ == "__main__":
    sys.exit(main())
