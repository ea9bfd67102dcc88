"""Eight virtual boards at once, worked from the page in a real Chromium; one of them is no board at all."""

import contextlib
import os
import pty
import threading
import tty

import fakebench
import pytest
from chromium import PHONE, chromium, expect, fits, needs_chromium, shoot, visit  # noqa: F401
from stage import home, until, virtual  # noqa: F401

from yigan import bundle
from yigan.bench import Ledger
from yigan.deploy import commission
from yigan.web.station import Station, Wishes

pytestmark = needs_chromium
WORK_MS = 60000
NAMES = [f"road-{n:02}" for n in range(1, 9)]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(
        bundle.version, "current", lambda: "1.2.3"
    )  # a commit beside the test is no new bundle
    monkeypatch.setattr(commission, "_SETTLED_S", 0.2)


@pytest.fixture
def garbage():
    """A port where something talks that is no board."""
    ends = pty.openpty()
    tty.setraw(ends[1])
    os.set_blocking(ends[0], False)
    stop = threading.Event()

    def talk():
        while not stop.wait(0.05):
            with contextlib.suppress(BlockingIOError):
                os.write(ends[0], b"\x81\xfe\x13\x77garble\xff")
            with contextlib.suppress(BlockingIOError):
                os.read(ends[0], 4096)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    yield os.ttyname(ends[1])
    stop.set()
    thread.join()
    for end in ends:
        os.close(end)


@pytest.fixture
def hub(tmp_path, virtual, garbage):  # noqa: F811
    """A folder of links as a hub: seven blank boards, and in the sixth socket what is no board."""
    folder = tmp_path / "hub"
    folder.mkdir()
    ports = [virtual(folder=f"b{n}").port for n in range(7)]
    for n, port in enumerate([*ports[:5], garbage, *ports[5:]], 1):
        (folder / f"usb-{n}").symlink_to(port)
    return folder


@pytest.fixture
def station(tmp_path, hub):
    folder = tmp_path / "bench"
    folder.mkdir()
    (folder / "road.toml").write_text(fakebench.POLE.format(id="road-00"), encoding="utf-8")
    lines = ["file,id", *(f"road.toml,{name}" for name in NAMES)]
    (folder / "POLES.csv").write_text("\n".join(lines), encoding="utf-8")
    made = Station(Ledger(), folder, Wishes((str(hub),), "wang@bench-2"))
    made.choose("POLES.csv")
    yield made
    made.stop(wait=True)
    made.ledger.close()


def count(page, state):
    return page.locator(f'.board[data-state="{state}"]')


def test_eight_boards_of_which_one_fails(station, hub, virtual, served, visit):  # noqa: F811
    url = served(station, "127.0.0.1", 0).url
    page = visit(url)
    phone = visit(url, PHONE, "zh-CN", "dark", has_touch=True)
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".board")).to_have_count(8)
    expect(count(page, "working").locator(".stage").first).not_to_be_empty()
    expect(count(page, "passed").first).to_be_visible(timeout=WORK_MS)
    shoot(page, "gang-at-work")
    expect(count(page, "passed")).to_have_count(7, timeout=WORK_MS)
    expect(count(page, "failed")).to_have_count(1, timeout=WORK_MS)
    wrong = count(page, "failed")
    expect(wrong.locator(".what")).to_have_text("It talks, but says nothing we understand.")
    expect(wrong.locator(".ids")).to_contain_text("usb-6")
    expect(page.locator("#whole-word")).to_have_text("7 of 8 poles passed")
    expect(page.locator("#missing")).to_contain_text("No board yet: road-0")
    expect(page.locator("#cried")).to_contain_text("nothing we understand")
    assert len(set(count(page, "passed").locator("h2").all_inner_texts())) == 7
    shoot(page, "gang-en")

    expect(count(phone, "failed").locator(".what")).to_have_text("有输出，但无法识别。")
    assert count(phone, "passed").locator(".verdict").all_inner_texts() == ["合格"] * 7 and fits(phone)
    shoot(phone, "gang-phone-zh-dark", full_page=True)
    count(phone, "failed").get_by_role("button", name="重试").tap()
    expect(count(page, "working")).to_have_count(1)
    expect(count(page, "failed")).to_have_count(1, timeout=WORK_MS)  # garbage again, in a row of its own

    page.get_by_role("button", name="中文").click()
    expect(page.locator("#whole-word")).to_have_text("已通过 7 / 8 根灯杆")
    shoot(page, "gang-zh")
    finish(page, phone, station, hub, virtual)
    assert page.faults == phone.faults == page.strangers == []


def finish(page, phone, station, hub, virtual):  # noqa: F811
    """The right board goes into the socket; it starts by itself, and all is done. The ledger has every work once."""
    (hub / "usb-6").unlink()
    expect(page.locator(".ids", has_text="已拔出")).to_have_count(1)
    (hub / "usb-6").symlink_to(virtual(folder="b8").port)
    expect(count(page, "passed")).to_have_count(8, timeout=WORK_MS)
    expect(phone.locator("#whole-word")).to_have_text("全部完成：已通过 8 / 8 根灯杆")
    rows = station.ledger.rows(0)
    assert sorted(row.result for row in rows) == ["failed"] * 2 + ["passed"] * 8
    assert {row.person for row in rows} == {"wang@bench-2"}
    phone.locator("#tab-history").tap()
    expect(phone.locator("#rows tr")).to_have_count(10)
    phone.locator("#rows button").first.tap()
    expect(phone.locator("#log-lines")).to_contain_text("发送固件包")
    shoot(phone, "gang-phone-log")
    page.get_by_role("button", name="停止").click()  # nothing is at work: it does not ask
    expect(page.get_by_role("button", name="开始")).to_be_enabled()
    until(lambda: station.state()["bench"]["phase"] == "stopped")
