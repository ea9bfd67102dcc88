"""The page in a real Chromium, on a bench that only plays."""

import re

import pytest
from chromium import PHONE, chromium, expect, fits, needs_chromium, shoot, visit  # noqa: F401
from stage import until

from yigan.web import serve

pytestmark = needs_chromium
EVIL = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
CONTRAST = """() => {
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
                         return .2126 * r + .7152 * g + .0722 * b; };
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (node) => { for (; node; node = node.parentElement) { const c = numbers(getComputedStyle(node).backgroundColor);
                             if (c.length === 3 || c[3] === 1) return c.slice(0, 3); } return [255, 255, 255]; };
  const words = [...document.querySelectorAll('h1, h2, p, b, button, span, label, td, th, strong')].filter((node) =>
    node.offsetParent && !node.closest('.quiet, :disabled') && [...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim()));
  return words.map((node) => { const ink = light(numbers(getComputedStyle(node).color).slice(0, 3));
    const [a, b] = [ink, light(behind(node))].sort((x, y) => y - x);
    return [(a + .05) / (b + .05), node.textContent.slice(0, 30)]; }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.fixture
def busy(running):
    """A bench with a board in every state."""
    bench = running.bench
    bench.work("a0", "pole-0", "/dev/ttyX0", ["ask", "send"])
    done = bench.work("a1", "pole-1", "/dev/ttyX1", ["ask"])
    running.ledger.finish(done, "passed", seconds=12.3)
    bench.put("a1", state="passed", seconds=12.3)
    lost = bench.work("a2", "pole-2", "/dev/ttyX2", [EVIL])
    running.ledger.finish(lost, "failed", EVIL, "Plug it in.", "LinkError", 3)
    bench.put("a2", state="failed", what=EVIL, hint="Plug it in.", chip=EVIL, seconds=3.0)
    bench.put("/dev/ttyX3", port="/dev/ttyX3")
    bench.put("a4", state="failed", error="Interrupted", what="Stopped in the middle: run it again.")
    bench.put("a5", state="idle", what="No pole of the roster is left for it.", port="")
    return running


@pytest.fixture
def page(busy, served, visit):  # noqa: F811
    opened = visit(served(busy, "127.0.0.1", 0).url)
    yield opened
    assert opened.faults == [] and opened.strangers == []


def card(page, name):
    return page.locator(".board", has=page.get_by_role("heading", name=name, exact=True))


def test_what_it_shows(page, busy):
    """Every state by a word and a shape, not by colour alone; what a board says is text."""
    expect(page.locator(".board")).to_have_count(6)
    states = page.locator(".board").evaluate_all("all => all.map((one) => one.dataset.state)")
    assert states == ["working", "passed", "failed", "found", "interrupted", "idle"]
    words = page.locator(".verdict").evaluate_all(
        "all => all.map((one) => one.innerText.replace(/\\s+/g, ' '))"
    )
    assert words == ["68% Working", "PASS", "FAIL", "Waiting", "Stopped", "Nothing to do"]
    shapes = page.locator(".verdict").evaluate_all(
        "all => all.map((one) => [...one.querySelectorAll('path')].map((p) => p.getAttribute('d')).join())"
    )
    assert len(set(shapes)) == 6
    assert EVIL in card(page, "pole-2").inner_text() and page.title() == "✕1 ✓1 yigan station"
    assert card(page, "pole-2").locator("img, script").count() == 0
    assert "Try: Plug it in." in card(page, "pole-2").inner_text()
    expect(page.locator("#whole-word")).to_have_text("1 of 3 poles passed")
    assert page.locator("#tally").inner_text().split() == [
        "6",
        "All",
        "1",
        "Working",
        "1",
        "PASS",
        "1",
        "FAIL",
    ]


def test_it_is_live_and_says_results_aloud(page, busy):
    expect(card(page, "pole-0").locator("progress")).to_have_js_property("value", 68)
    busy.bench.put("a0", stage="start", done=0, total=1)
    expect(card(page, "pole-0").locator("progress")).to_have_js_property("value", 86)
    expect(card(page, "pole-0").locator(".stage")).to_have_text("Starting the pole")
    busy.bench.put("a0", state="passed", seconds=15.0)
    expect(page.locator("#said")).to_have_text("pole-0: pass")
    expect(card(page, "pole-0").locator(".time")).to_have_text("15 s")
    busy.bench.put("/dev/ttyX3", state="failed", what="Nothing answers on this port.")
    expect(page.locator("#cried")).to_have_text("Unknown board failed: Nothing answers on this port.")
    expect(page.locator("#cried")).to_have_attribute("aria-live", "assertive")
    for n in range(20):
        busy.bench.put(f"b{n}", state="working")
    expect(page.locator(".board")).to_have_count(26)
    for n in range(20):
        busy.bench.put(f"b{n}", state="passed", pole=f"p{n}")
    expect(page.locator("#said")).to_contain_text("p19: pass")
    assert page.locator("#said p").count() == 6


def test_filters(page):
    page.locator("#tally button", has_text="FAIL").click()
    expect(page.locator(".board:visible")).to_have_count(1)
    page.locator("#tally button", has_text="All").click()
    page.get_by_role("searchbox").first.fill("ttyx1")
    expect(page.locator(".board:visible h2")).to_have_text("pole-1")
    page.get_by_role("searchbox").first.fill("nobody")
    expect(page.locator("#empty")).to_have_text("No board matches.")


def test_retry_by_keyboard(page, busy):
    button = page.get_by_role("button", name="Retry pole-2")
    button.focus()
    page.keyboard.press("Enter")
    until(lambda: busy.bench.retried == ["a2"])
    expect(page.get_by_role("button", name="Retry pole-1")).to_have_count(0)
    expect(page.get_by_role("button", name="Retry Unknown board")).to_have_count(
        1
    )  # the interrupted, not the unplugged


def test_stop_asks_first_when_boards_are_at_work(page, busy):
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#sure")).to_be_visible()
    assert "At work: 1." in page.locator("#sure-text").inner_text()
    page.keyboard.press("Escape")
    assert busy.bench.running
    page.get_by_role("button", name="Stop").click()
    page.locator("#sure-yes").click()
    until(lambda: not busy.bench.running)
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    expect(page.locator(".again:visible")).to_have_count(0)


def test_choose_a_list_and_start(station, served, visit):  # noqa: F811
    page = visit(served(station, "127.0.0.1", 0).url)
    expect(page.locator("#empty")).to_contain_text("Choose the list")
    page.get_by_role("button", name="Start").click()  # leads there, too
    page.locator("#path input").fill("../other")
    page.keyboard.press("Enter")
    expect(page.locator("#choose-fault")).to_contain_text("outside the station's folder")
    page.faults.clear()  # Chromium itself tells of the 403
    shoot(page, "choose")
    page.get_by_role("button", name="poles Folder").click()
    expect(page.locator("#choose")).to_be_hidden()
    expect(page.locator("#roster-name")).to_have_text("poles")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.locator("#empty")).to_have_text("Plug in boards. Each one starts by itself.")
    expect(page.locator("#missing")).to_have_text("No board yet: pole-0, pole-1, pole-2")
    assert page.faults == []


def test_the_log_grows_while_it_runs(page, busy):
    card(page, "pole-0").get_by_role("button", name="Log of pole-0").click()
    expect(page.locator("#log-lines li")).to_have_count(2)
    expect(page.locator("#log-end")).to_contain_text("Live")
    work = busy.bench.board["a0"].work
    busy.ledger.note(work, "verify")
    expect(page.locator("#log-lines li").last).to_contain_text("Verifying")
    busy.ledger.finish(work, "failed", "Nothing answers on this port.")
    expect(page.locator("#log-end")).to_contain_text("Nothing answers")
    expect(page.locator("#log-title")).to_contain_text("FAIL")
    page.keyboard.press("Escape")
    expect(page.locator("#log")).to_be_hidden()
    card(page, "pole-2").get_by_role("button", name="Log of pole-2").click()
    expect(page.locator("#log-lines")).to_contain_text(EVIL)
    assert "owned" not in page.title()


def test_history(page, busy):
    for n in range(60):
        work = busy.ledger.begin("li", uid=f"c{n}", pole=f"old-{n}", began=1000.0 + n)
        busy.ledger.finish(work, "passed", seconds=9)
    page.get_by_role("tab", name="Bench").press("ArrowRight")
    expect(page.get_by_role("tab", name="History")).to_be_focused()
    expect(page.locator("#rows tr")).to_have_count(50)
    shoot(page, "history")
    page.get_by_role("button", name="Older").click()
    expect(page.locator("#rows tr")).to_have_count(13)
    page.get_by_role("button", name="Newest").click()
    expect(page.locator("#rows tr")).to_have_count(50)
    page.locator("#query [name=pole]").fill("pole-0")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows tr")).to_contain_text("Running")
    busy.ledger.finish(busy.bench.board["a0"].work, "passed")
    busy.bench.put("a0", state="passed")
    expect(page.locator("#rows tr")).to_contain_text("PASS")  # by itself
    page.locator("#query [name=pole]").fill("pole-2")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows .pole")).to_have_text("pole-2")
    assert EVIL in page.locator("#rows").inner_text()
    with page.expect_download() as got:
        page.get_by_role("link", name="Export CSV").click()
    assert got.value.suggested_filename == "yigan-ledger.csv"
    assert open(got.value.path(), encoding="utf-8-sig").read().count("pole-2") == 1
    page.locator("#query [name=pole]").fill("")
    page.locator("#query [name=until]").fill("1970-01-02")
    expect(page.locator("#rows tr")).to_have_count(50)
    page.locator("#query [name=result]").select_option("failed")
    expect(page.locator("#no-rows")).to_be_visible()


def test_both_languages(busy, served, visit):  # noqa: F811
    """The browser's first; what was chosen is remembered; the reasons of boards come along."""
    busy.bench.put("a2", what="Nothing answers on this port.")
    url = served(busy, "127.0.0.1", 0).url
    page = visit(url, locale="zh-CN")
    expect(card(page, "pole-1").locator(".verdict")).to_have_text("合格")
    expect(card(page, "pole-2").locator(".what")).to_have_text("该端口没有任何应答。")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert not re.search(
        r"\b(Start|Stop|Log|Retry|History|Working|Waiting)\b", page.locator("body").inner_text()
    )
    page.get_by_role("button", name="English").click()
    expect(card(page, "pole-1").locator(".verdict")).to_have_text("PASS")
    expect(card(page, "pole-2").locator(".what")).to_have_text("Nothing answers on this port.")
    page.reload()
    expect(card(page, "pole-2").locator(".verdict")).to_have_text("FAIL")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.faults == []


def test_no_text_has_one_language_only(page):
    source = page.evaluate("fetch('/words.js').then((got) => got.text())")
    text = r'"((?:[^"\\]|\\.)*)"'
    texts = re.findall(rf"^  (\w+): \[\s*{text},\s*{text},?\s*\]", source, re.MULTILINE)
    assert len(texts) > 80
    names = [re.findall(r"\{\w+\}", text) for _, en, zh in texts for text in (en, zh)]
    assert [sorted(n) for n in names[::2]] == [sorted(n) for n in names[1::2]]
    kept = {"other", "micropython"}
    assert [key for key, _, zh in texts if not re.search("[一-鿿]", zh) and key not in kept] == []


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_on_a_phone(busy, served, visit, locale, color_scheme):  # noqa: F811
    busy.bench.put("a2", what="Nothing answers on this port. " * 4, hint="x" * 300)
    page = visit(served(busy, "127.0.0.1", 0).url, PHONE, locale, color_scheme, has_touch=True)
    expect(page.locator(".board")).to_have_count(6)
    assert fits(page)
    low = page.locator("button:visible").evaluate_all(
        "all => all.filter((b) => b.getBoundingClientRect().height < 44).length"
    )
    assert low == 0
    assert page.evaluate(CONTRAST) == []
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (int(re.findall(r"\d+", background)[0]) < 40) == (color_scheme == "dark")
    shoot(page, f"phone-{locale[:2]}-{color_scheme}", full_page=True)
    page.locator("#tab-history").tap()
    expect(page.locator("#rows tr")).to_have_count(3)
    page.locator("#filter").tap()
    assert fits(page) and page.evaluate(CONTRAST) == []
    shoot(page, f"phone-{locale[:2]}-{color_scheme}-history")
    page.locator("#rows button").first.tap()
    expect(page.locator("#log-lines li")).not_to_have_count(0)
    assert fits(page)
    shoot(page, f"phone-{locale[:2]}-{color_scheme}-log")
    assert page.faults == []


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_contrast_on_a_desk(busy, served, visit, color_scheme):  # noqa: F811
    page = visit(served(busy, "127.0.0.1", 0).url, color_scheme=color_scheme)
    expect(page.locator(".board")).to_have_count(6)
    assert page.evaluate(CONTRAST) == [] and fits(page)


def test_the_server_goes_and_comes_back(busy, served, visit):  # noqa: F811
    first = served(busy, "127.0.0.1", 0)
    page = visit(first.url)
    expect(page.locator("#link")).to_have_text("Connected")
    first.end()
    expect(page.locator("#lost")).to_contain_text("does not answer")
    expect(page.locator("#link")).to_have_text("No connection")
    expect(page.locator("#power")).to_be_disabled()
    until(lambda: first.socket.fileno() == -1)
    busy.bench.put("a0", state="passed", seconds=20.0)  # nobody sees it
    del busy.bench.board["a4"]
    served(busy, "127.0.0.1", first.port)
    expect(page.locator("#lost")).to_be_hidden()
    expect(card(page, "pole-0").locator(".verdict")).to_have_text("PASS")
    expect(page.locator(".board")).to_have_count(5)
    expect(page.locator("#power")).to_be_enabled()


def test_a_server_that_only_hangs(page, busy):
    """No event for three beats: the page says so, though the socket is open."""
    expect(page.locator("#link")).to_have_text("Connected")
    page.route("**/api/events*", lambda route: None)  # it takes the request, and never answers
    page.evaluate("(() => { const now = Date.now; Date.now = () => now() + 60000; })()")
    expect(page.locator("#link")).to_have_text("No connection")
    expect(page.locator("#lost")).to_contain_text("Trying again")


def test_with_a_token(station, served, visit, monkeypatch):  # noqa: F811
    monkeypatch.setattr(serve, "_is_loopback", lambda address: False)
    service = served(station, "127.0.0.1", 0)
    token = service.url.partition("token=")[2]
    page = visit(f"http://127.0.0.1:{service.port}/", PHONE)
    expect(page.locator("form")).to_be_visible()
    assert fits(page)
    shoot(page, "door")
    page.locator("#token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("form")).to_be_visible()
    page.locator("#token").fill(token)
    page.keyboard.press("Enter")
    expect(page.locator("#link")).to_have_attribute("data-link", "good")
    assert "token" not in page.url and token not in page.content()
    assert page.evaluate("document.cookie") == ""
    page.reload()
    expect(page.locator("#link")).to_have_attribute("data-link", "good")
    service.end()
    expect(page.locator("#lost")).to_be_visible()
    until(lambda: service.socket.fileno() == -1)
    anew = served(station, "127.0.0.1", service.port)  # with a token of its own
    expect(page.locator("#lost")).to_contain_text("token again")
    page.context.new_page().goto(anew.url)
    expect(page.locator("#link")).to_have_attribute("data-link", "good")
    expect(page.locator("#lost")).to_be_hidden()


def test_every_control_has_a_name_and_can_be_reached(page):
    expect(page.locator(".board")).to_have_count(6)
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
            )
        )
    assert {"language", "tab-bench", "power", "find", "Log of pole-0", "Retry pole-2"} <= reached
    nameless = page.locator("button:visible, input:visible, a:visible, select:visible").evaluate_all(
        "all => all.filter((n) => !(n.textContent.trim() || n.getAttribute('aria-label') || n.labels?.length)).map((n) => n.outerHTML)"
    )
    assert nameless == []
