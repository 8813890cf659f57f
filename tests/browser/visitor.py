"""Somebody who looks at the pages."""

import re
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Request, expect

from tests.wait import PATIENCE

# The browser drops what is under way when any network of the machine comes or goes, a container's for instance.
_NETWORK_CHANGED = "ERR_NETWORK_CHANGED"


class Visitor:
    """A page in a context of its own; `faults` lists console errors (refusals by CSP too) and foreign requests."""

    def __init__(
        self, browser: Browser, url: str, width: int = 1280, scheme: Literal["light", "dark"] = "light"
    ) -> None:
        self.url = url
        self.faults: list[str] = []
        self._network_changed = False
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.context.set_default_timeout(PATIENCE * 1000)
        self.page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self._asked)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.context.close()

    def open(self, path: str, landmark: str) -> None:
        """Open `path` and wait for the element `landmark`; again from the start if the machine's network changed."""
        for _ in range(5):
            self._network_changed = False
            self.page.goto(self.url + path)
            try:
                self.page.wait_for_selector(landmark)
            except Exception:
                if not self._network_changed:
                    raise
                continue
            return
        raise AssertionError("the machine's network keeps changing")

    def open_items(self, query: str = "") -> None:
        """Open the first page and wait until somebody has answered."""
        self.open(f"/{query}", "#served-by")
        self.settled()

    def settled(self) -> None:
        """Wait until the items shown are those asked for."""
        expect(self.page.locator("#items")).to_have_attribute("aria-busy", "false")

    @property
    def names(self) -> Locator:
        """The names of the items shown."""
        return self.page.locator("tbody .item strong")

    @property
    def served_by(self) -> Locator:
        """The name of the service that answered."""
        return self.page.locator("#served-by")

    def search(self, words: str) -> None:
        """Type words into the search box, which asks by itself."""
        self.page.get_by_label("Search").fill(words)
        expect(self.page).to_have_url(re.compile(re.escape(f"q={words.replace(' ', '+')}")))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        if _NETWORK_CHANGED in message.text:
            self._network_changed = True
        else:
            self.faults.append(message.text)

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != self.url:
            self.faults.append(f"request to {request.url}")
