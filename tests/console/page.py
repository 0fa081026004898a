"""Reading an answered page the way a person does: by heading, column, link and label."""

from typing import Any

import lxml.html

HTMX = {"HX-Request": "true"}  # The header that tells htmx from a browser.


class Page:
    """The HTML of a response."""

    def __init__(self, response: Any) -> None:
        self.tree: Any = lxml.html.fromstring(response.content.decode())

    def text(self, path: str = ".") -> str:
        """The words of the first element that the XPath finds, white space collapsed; of all the page by default."""
        return _words(self.tree.xpath(path)[0])

    def texts(self, path: str) -> list[str]:
        """The words of every element that the XPath finds."""
        return [_words(element) for element in self.tree.xpath(path)]

    def rows(self) -> list[list[str]]:
        """The cells of the first table, row by row."""
        return [[_words(cell) for cell in row.xpath("td")] for row in self.tree.xpath("//tbody/tr")]

    def link(self, name: str) -> str:
        """Where the only link of that name leads."""
        (link,) = [a for a in self.tree.xpath("//a") if _words(a) == name]
        return str(link.get("href"))

    def has_link(self, name: str) -> bool:
        """Whether there is a link of that name."""
        return name in self.texts("//a")

    def labelled(self, label: str) -> Any:
        """The control that the label of exactly this text belongs to."""
        (found,) = [
            element for element in self.tree.xpath("//label") if " ".join(element.text_content().split()) == label
        ]
        return self.tree.get_element_by_id(found.get("for"))

    def fact(self, term: str) -> str:
        """What stands beside a term in a list of facts."""
        (found,) = [dt for dt in self.tree.xpath("//dt") if _words(dt) == term]
        return _words(found.getnext())


def _words(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())
