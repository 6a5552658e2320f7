"""A page in a real browser, headless and from `file://`: what the tests of the page ask of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
LOCKED = "&".join(f"p{number}=0" for number in range(1, 9))  # the state in which all predictions are made
AXE = Path(os.environ.get("AXE", ".venv-page/node_modules/axe-core/axe.min.js"))


def why_not() -> str:
    """Return what is missing for tests in a browser; nothing where all is there."""
    if find_spec("playwright") is None:
        return "playwright is not installed: make test-page"
    return "" if CHROMIUM else "there is no chromium: apt install chromium"


@dataclass
class Browsed:
    """A page that is open.

    Attributes
    ----------
    tab : playwright.sync_api.Page
    address : str
    errors, requests : list of str
        What the console said, and addresses that were asked for, but for the page itself.
    """

    tab: Any
    address: str
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, state: str = "") -> None:
        """Open the page afresh with a state."""
        self.tab.goto("about:blank")
        self.tab.goto(f"{self.address}#{state}")
        self.tab.wait_for_selector("#chapter")

    def value(self, name: str) -> float:
        """Return the unrounded value of a figure."""
        return float(self.tab.get_attribute(f'[data-figure="{name}"]', "data-value"))

    def shown(self, name: str) -> str:
        """Return a figure as it is shown."""
        return str(self.tab.inner_text(f'[data-figure="{name}"]'))

    def set(self, key: str, value: object) -> None:
        """Move the control of a key, as a hand would: a slider, a list, or one of several choices."""
        control = self.tab.locator(f'[data-key="{key}"]').first
        if control.evaluate("one => one.tagName") == "FIELDSET":
            control.locator(f'input[value="{value}"]').check()
        elif control.evaluate("one => one.tagName") == "SELECT":
            control.select_option(str(value))
        else:
            control.evaluate(
                "(one, value) => { one.value = value; one.dispatchEvent(new Event('input', {bubbles: true})); }",
                str(value),
            )


@contextmanager
def browsed(path: Path) -> Iterator[Browsed]:
    """Open a browser for a page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        found = Browsed(tab, path.as_uri())
        tab.set_default_timeout(60_000)
        tab.on("console", lambda said: found.errors.append(said.text) if said.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: found.errors.append(str(error)))
        tab.on(
            "request",
            lambda asked: None if asked.url.startswith((found.address, "data:")) else found.requests.append(asked.url),
        )
        yield found
        browser.close()
