"""What a command answers with: a small typed table, for people and for programs.

>>> answer = Answer(fields=(*styled("text", "trunk"), *styled("count", "params")), rows=(("resnet50", 25557032),))
>>> print(render(answer, "md"), end="")
| trunk | params |
| --- | ---: |
| resnet50 | 25,557,032 |
>>> print(render(answer, "csv"), end="")
trunk,params
resnet50,25557032
"""

from sase_bench.answers.answer import Answer, Field, Style, styled
from sase_bench.answers.formats import add_format_option, render, show
from sase_bench.answers.tables import markdown

__all__ = ["Answer", "Field", "Style", "add_format_option", "markdown", "render", "show", "styled"]
