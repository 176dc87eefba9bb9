"""Pages of HTML as trees, for the tests of reports."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import accumulate

VOID = {"meta", "link", "input", "br"}
# Elements of SVG that hold nothing are closed at once.
CLOSED = "/>"


@dataclass
class Node:
    tag: str
    attributes: dict = field(default_factory=dict)
    children: list = field(default_factory=list)

    def all(self, tag=None, **attributes):
        """Every element below, in order, that has the tag and the attributes."""
        for child in self.children:
            if isinstance(child, Node):
                wanted = attributes.items() <= {k.replace("-", "_"): v for k, v in child.attributes.items()}.items()
                if wanted and tag in (None, child.tag):
                    yield child
                yield from child.all(tag, **attributes)

    def one(self, tag=None, **attributes):
        found = list(self.all(tag, **attributes))
        assert len(found) == 1, (tag, attributes, len(found))
        return found[0]

    @property
    def text(self):
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class Tree(HTMLParser):
    """Fails on a page whose elements are not closed in order."""

    def __init__(self):
        super().__init__()
        self.root = Node("")
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), attrs
        node = Node(tag, dict(attrs))
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag, attrs):
        self.open[-1].children.append(Node(tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, (tag, [node.tag for node in self.open])
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)

    def handle_comment(self, data):
        raise AssertionError(data)


def parse(text):
    tree = Tree()
    tree.feed(text)
    tree.close()
    assert tree.open == [tree.root]
    return tree.root


def read(path):
    return parse(path.read_text(encoding="utf-8"))


def rows(table):
    """The cells of a table's head and rows, as texts."""
    return [[cell.text for cell in row.children if isinstance(cell, Node)] for row in table.all("tr")]


def table(page, caption):
    """The rows of the table whose caption begins so."""
    found = [one for one in page.all("table") if next(one.all("caption")).text.startswith(caption)]
    assert len(found) == 1, [next(one.all("caption")).text for one in page.all("table")]
    return rows(found[0])


def problems(page):
    """The rows of the table of problems, from the data that the script reads: key columns, n and c."""
    data = json.loads(page.one("script", id="problem-data").text)

    def unrolled(runs):
        return [value for value, length in zip(runs[::2], runs[1::2], strict=True) for _ in range(length)]

    groups = [group for group, length in zip(data["groups"], data["rows"], strict=True) for _ in range(length)]
    keys = [[key["texts"][at] for at in accumulate(unrolled(key["steps"]))] for key in data["keys"]]
    columns = zip(*keys, unrolled(data["n"]), data["c"], strict=True)
    return [(*group, *rest) for group, rest in zip(groups, columns, strict=True)]
