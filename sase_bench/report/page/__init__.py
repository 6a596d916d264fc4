"""The page `index.html`, in one file that works without a network: its layout, its program and its style."""

from sase_bench.report.page.layout import page

__all__ = ["page"]
