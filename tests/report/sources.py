"""Published results: the project's own file, and lines of one that is made up."""

from pathlib import Path

IMAGENET = Path(__file__).parents[2] / "reports" / "published" / "imagenet.csv"
HEAD = "method,year,venue,backbone,top1,top5,params_m,gflops,protocol,kind,arxiv,source\n"


def line(method: str, top1: str, source: str, protocol: str = "100 ep", kind: str = "reproduction", depth: int = 50) -> str:
    return f"{method},2018,X,ResNet-{depth},{top1},,,,{protocol},{kind},,{source}\n"
