"""Pieces of HTML. Whatever is no `Markup` is text and is escaped; links lead to addresses that a pattern here has taken apart.

>>> linked("Table 3 of arXiv 1910.03151, <i>")
'Table 3 of <a href="https://arxiv.org/abs/1910.03151">arXiv 1910.03151</a>, &lt;i&gt;'
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

__all__ = ["Markup", "address_of", "codes", "link", "linked", "slug", "table"]

#: An arXiv number; or an address, with or without its scheme, and behind that of a repository perhaps a file and a revision.
_SOURCE = re.compile(
    r"arXiv[ :](?P<paper>\d{4}\.\d{4,5})"
    r"|(?:https?://)?(?P<address>\b(?:[a-z0-9-]+\.)+[a-z]{2,}/[\w./-]*\w)(?::(?P<file>[\w./-]*\w)(?:@(?P<revision>[0-9a-f]+))?)?",
    flags=re.ASCII,
)


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def linked(text: str) -> Markup:
    """The text with every source that it names as a link."""
    parts, end = [], 0
    for found in _SOURCE.finditer(text):
        parts += [escape(text[end : found.start()]), link(_address(found), found[0])]
        end = found.end()
    return Markup("".join([*parts, escape(text[end:])]))


def address_of(text: str) -> str | None:
    """That of the first source which the text names."""
    found = _SOURCE.search(text)
    return None if found is None else _address(found)


def link(address: str, text: str, title: str = "") -> Markup:
    """A link, to a place of the page if the address begins with #; what `title` says appears beside the pointer."""
    told = f' title="{escape(title)}"' if title else ""
    return Markup(f'<a href="{escape(address)}"{told}>{escape(text)}</a>')


def slug(name: str) -> str:
    """A name as an anchor can have it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def codes(commands: str) -> Markup:
    """Commands, a line each."""
    return Markup(" ".join(f"<code>{escape(command)}</code>" for command in commands.splitlines()))


def table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> Markup:
    """A table that scrolls where it is wider than the window."""
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in headers)
    lines = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return Markup(f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>')


def _text(cell: str) -> str:
    return cell if isinstance(cell, Markup) else escape(cell)


def _address(found: re.Match[str]) -> str:
    if found["paper"]:
        return f"https://arxiv.org/abs/{found['paper']}"
    inside = f"/blob/{found['revision'] or 'HEAD'}/{found['file']}" if found["file"] else ""
    return f"https://{found['address']}{inside}"
