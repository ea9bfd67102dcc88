"""A real browser for the tests of the page: Debian's Chromium, headless, by Playwright; pictures for people to look at."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 780}
SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
PATIENCE_MS = 20000

needs_chromium = pytest.mark.skipif(
    PROGRAM is None, reason="there is no Chromium here (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def chromium():
    """One browser a module: Playwright keeps an event loop running, which other tests would trip over."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """`visit(url, locale=..., viewport=..., color_scheme=...)`: a page of a person of its own.

    Whatever the page complains of in its console, or asks of another host, is somebody's bug: `page.faults`.
    """
    opened = []

    def go(url, viewport=DESK, locale="en-US", color_scheme="light", **options):
        context = chromium.new_context(viewport=viewport, locale=locale, color_scheme=color_scheme, **options)
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.faults, page.strangers = [], []
        page.on(
            "console",
            lambda told: page.faults.append(told.text) if told.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on(
            "request",
            lambda asked: page.strangers.append(asked.url) if "//127.0.0.1:" not in asked.url else None,
        )
        page.goto(url)
        return page

    yield go
    for context in opened:
        context.close()


def shoot(page, name, **options):
    """Keep a picture of the page."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", animations="disabled", **options)


def fits(page):
    """No sideways scrolling."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
