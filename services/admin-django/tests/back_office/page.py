"""The form of a page as a browser sends it: what its fields show, with the changes that somebody types."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

Typed = Mapping[str, str | list[str]]


class Page(HTMLParser):
    """The fields of the page's form that has a field named `with_field`: name to values, as they would be sent."""

    def __init__(self, response: "Response", with_field: str) -> None:
        super().__init__()
        self.address = response.wsgi_request.get_full_path()
        self.fields: dict[str, list[str]] = {}
        self.files: set[str] = set()
        self._forms: list[tuple[str, dict[str, list[str]], set[str]]] = []
        self._select: tuple[str, bool, list[tuple[str, bool]]] | None = None
        self._text: str | None = None
        self._textarea = ""
        self.feed(response.content.decode())
        found = [form for form in self._forms if with_field in form[1] or with_field in form[2]]
        assert found, f"no form has a field {with_field!r}"
        action, self.fields, self.files = found[0]
        self.address = urljoin(self.address, action)

    def send(self, client: Client, typed: Typed | None = None, button: Mapping[str, str] | None = None) -> "Response":
        """Press a button after typing into some fields; each of them must be there."""
        assert set(typed or {}) <= set(self.fields), set(typed or {}) - set(self.fields)
        sent = {name: [_submitted(value) for value in values] for name, values in self.fields.items()}
        for name, value in (typed or {}).items():
            sent[name] = [_submitted(each) for each in ([value] if isinstance(value, str) else value)]
        return client.post(self.address, {**sent, **(button or {})})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._forms.append((at.get("action", ""), {}, set()))
        if not self._forms or "disabled" in at:
            return
        _, fields, files = self._forms[-1]
        name = at.get("name", "")
        if tag == "input" and name:
            kind = at.get("type", "text")
            if kind == "file":
                files.add(name)
            elif kind in ("checkbox", "radio"):
                if "checked" in at:
                    fields.setdefault(name, []).append(at.get("value", "on"))
            elif kind not in ("submit", "button", "image", "reset"):
                fields.setdefault(name, []).append(_shown(kind, at.get("value", "")))
        elif tag == "select" and name:
            self._select = (name, "multiple" in at, [])
        elif tag == "option" and self._select:
            self._select[2].append((at.get("value", ""), "selected" in at))
        elif tag == "textarea" and name:
            self._textarea, self._text = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            name, multiple, options = self._select
            chosen = [value for value, selected in options if selected]
            if not multiple and not chosen:
                chosen = [value for value, _ in options[:1]]
            self._forms[-1][1].setdefault(name, []).extend(chosen)
            self._select = None
        elif tag == "textarea" and self._text is not None:
            self._forms[-1][1].setdefault(self._textarea, []).append(_lines(self._text).removeprefix("\n"))
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text += data


def _shown(kind: str, value: str) -> str:
    """Return what a field shows of its value: a number field shows nothing that is no number."""
    if kind != "number":
        return value
    try:
        float(value)
    except ValueError:
        return ""
    return value


def _submitted(value: str) -> str:
    return _lines(value).replace("\n", "\r\n")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def typed_into(page: Page, typed: Typed) -> dict[str, Any]:
    """Return what the page shows of these fields, in the form of `typed`, to be compared with it."""
    shown = {name: page.fields.get(name, []) for name in typed}
    return {name: values if isinstance(typed[name], list) else "".join(values) for name, values in shown.items()}
