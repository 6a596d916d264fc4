"""torch.hub finds the entry points of this folder, from anywhere."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import sase_bench.timm
from sase_bench.backbones import cifar_resnet, save_checkpoint

ROOT = Path(__file__).parents[1]
TEXT = "2nd-order-pooling/affine/affine/l2-norm/2nd-order-pooling/affine"


def load(name: str, **options: object) -> torch.nn.Module:
    network: torch.nn.Module = torch.hub.load(str(ROOT), name, source="local", **options)
    return network


def test_hub_lists_the_entry_points_and_nothing_else() -> None:
    """torch.hub lists what is callable and does not start with an underscore, and shows its docstring as help."""
    spec = importlib.util.spec_from_file_location("hubconf", ROOT / "hubconf.py")
    assert spec is not None
    assert spec.loader is not None
    hubconf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hubconf)
    listed = {name: thing for name, thing in vars(hubconf).items() if callable(thing) and not name.startswith("_")}
    networks = ["sase_resnet101", "sase_resnet20", "sase_resnet32", "sase_resnet50", "sase_resnet56"]
    assert sorted(listed) == sorted(hubconf.__all__) == ["checkpoint", *networks]
    assert sorted(sase_bench.timm.__all__) == networks
    assert all(thing.__doc__ for thing in listed.values())


@pytest.mark.parametrize("attention", ["sase", TEXT, 54983, "srm", None])
def test_a_network_comes_with_the_attention_that_is_named(attention: object) -> None:
    network = load("sase_resnet20", attention=attention, num_classes=7)
    assert network.attention == cifar_resnet(20, attention).attention  # type: ignore[arg-type]
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


@pytest.mark.parametrize(
    ("name", "blocks"),
    [("sase_resnet20", 9), ("sase_resnet32", 15), ("sase_resnet56", 27), ("sase_resnet50", 16), ("sase_resnet101", 33)],
)
def test_resnets_have_the_published_block_by_default(name: str, blocks: int) -> None:
    with torch.device("meta"):
        network = load(name)
    assert sum(type(module).__name__ == "SASEBlock" for module in network.modules()) == blocks


def test_a_checkpoint_is_enough(tmp_path: Path) -> None:
    network = cifar_resnet(8, TEXT, width=8, resolution=8).eval()
    save_checkpoint(network, tmp_path / "network.safetensors")
    again = load("checkpoint", path=str(tmp_path / "network.safetensors"))
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(again(images), network(images))


def test_hub_works_from_another_folder_and_uses_the_package_beside_it(tmp_path: Path) -> None:
    code = (
        f"import torch; torch.hub.load({str(ROOT)!r}, 'sase_resnet20', source='local'); "
        "import sase_bench; print(sase_bench.__file__)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()) == ROOT / "sase_bench" / "__init__.py"


def test_dependencies_are_what_the_entry_points_import() -> None:
    source = ast.parse((ROOT / "hubconf.py").read_text())
    (assigned,) = (node.value for node in source.body if isinstance(node, ast.Assign) and node.targets[0].id == "dependencies")  # type: ignore[attr-defined]
    code = (
        "import sys, hubconf; hubconf.sase_resnet20(); import sase_bench.backbones.resnet; "
        "heavy = {'duckdb', 'sklearn', 'timm', 'pandas'} & set(sys.modules); sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert ast.literal_eval(assigned) == ["numpy", "safetensors", "torch", "torchvision"]
