"""The live model on its page, in a browser: a step, and its look. It needs the extra `viz`, Playwright, Chromium."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from tests.processes import ROOT, heed_interrupts

pytest.importorskip("solara", reason="the extra viz is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


@pytest.fixture
def address() -> Iterator[str]:
    """Return the address of the page, served as the README says."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [Path(sys.executable).with_name("solara"), "run", "notebooks/mesa_app.py", "--no-open", f"--port={port}"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, preexec_fn=heed_interrupts,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 240.0
        while True:
            try:
                urllib.request.urlopen(f"http://localhost:{port}").close()
                break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < until
                time.sleep(0.5)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(30)


def test_the_model_is_stepped_and_seen_on_its_page(address: str):
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(240_000)
        page.goto(address)
        page.get_by_text("Day 0.0 of 60").wait_for()
        before = _pixels(page.screenshot())
        page.get_by_role("button", name="Step").click()
        page.get_by_text("Day 0.5 of 60").wait_for()
        text = page.get_by_text("people whom the operation reached").inner_text()
        page.wait_for_timeout(3000)  # the pictures come after the words
        after = _pixels(page.screenshot())
        browser.close()
    assert int(re.search(r"reached: ([\d,]+) of 5,000", text)[1].replace(",", "")) > 0
    right = slice(int(0.65 * after.shape[1]), None)  # where the network is drawn: who reposted whom within half a day
    assert (before[:, right] != after[:, right]).any(axis=2).sum() > 2000


def _pixels(picture: bytes) -> np.ndarray:
    return np.asarray(imread(io.BytesIO(picture), format="png"))
