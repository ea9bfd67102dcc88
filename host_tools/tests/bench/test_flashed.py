"""Boards without MicroPython, or with another one, are flashed before they become poles."""

import pytest
from bench_stage import POLE, by_pole, ended, rows
from stage import until

from yigan.bench import Roster
from yigan.images import store
from yigan.twin.rom import factory


@pytest.fixture
def image(tmp_path):
    """In the store, for an ESP32."""

    def make(version="1.29.0"):
        path = tmp_path / f"ESP32_GENERIC-20250911-v{version}.bin"
        path.write_bytes(factory.esp_firmware("esp32", version=version, size=60_000))
        return store.add(path)[0]

    return make


def test_a_bare_chip(virtual, hub, roster, bench, image):
    """Known by its MAC before and after; beside it a board that needs no flashing."""
    chip = virtual(folder="bare", bare=True).rfc2217
    hub.plug(virtual(folder="other"), "u1")
    one = bench(roster(2), [chip, hub.port("u1")])
    ended(one)
    bare = next(slot for slot in one.slots() if slot.port == chip)
    assert (
        bare.pole == "" and len(one.ledger.bound(one.roster.key)) == 1
    )  # nothing was written: its pole is free again
    assert bare.state == "failed" and bare.error == "ConfigError" and "no image ESP32_GENERIC" in bare.what
    assert by_pole(one)[next(s.row.id for s in one.standing() if s.state == "passed")].port == hub.port("u1")

    made = image()
    one.retry(bare.key)
    until(one.finished, 60)
    row = one.ledger.rows()[0]
    assert (row.result, row.uid, row.image_sha256, row.micropython) == (
        "passed",
        bare.uid,
        made.sha256,
        "1.29.0",
    )
    assert len(bare.uid) == 12 and [row[0] for row in rows(one)].count("failed") == 1


def test_not_to_be_flashed(virtual, roster, bench, image):
    image()
    one = bench(roster(1), [virtual(bare=True).rfc2217], flash=False)
    (slot,) = ended(one)
    assert slot.state == "failed" and slot.error == "Refused" and "--no-flash" in slot.hint


def test_flashed_only_when_it_must_be(virtual, roster, bench, image):
    """What the deploy would take is left alone, unless somebody says otherwise."""
    image("1.26.1")
    poles, port = roster(1), [virtual().rfc2217]
    one = bench(poles, port)
    until(one.finished, 20)
    assert one.ledger.rows()[0].image == ""
    one.stop()

    two = bench(poles, port, reflash=True)
    until(two.finished, 60)
    assert two.ledger.rows()[0].image == "ESP32_GENERIC-v1.26.1"


def test_a_pico_in_bootsel(virtual, hub, tmp_path, bench, monkeypatch):
    """It is a drive first, and a board with an id only then; both works are in the ledger."""
    path = tmp_path / "RPI_PICO-20250911-v1.29.0.uf2"
    path.write_bytes(factory.rp2_firmware("rp2040", version="1.29.0", size=60_000))
    store.add(path)
    (tmp_path / "poles").mkdir()
    (tmp_path / "poles" / "pico.toml").write_text(POLE.replace("esp32-devkit", "rp2-pico"), encoding="utf-8")
    board = virtual("rp2-pico", bare=True)
    monkeypatch.setenv("YIGAN_DRIVES", str(board.drive))
    until(board.drive.exists)
    one = bench(Roster.read(tmp_path / "poles"))
    until(lambda: not board.drive.exists(), 20)
    hub.plug(board, "u0")
    until(one.finished, 30)
    assert [(row.kind, row.result, row.pole) for row in reversed(one.ledger.rows())] == [
        ("flash", "passed", ""),
        ("up", "passed", "pole-0"),
    ]
    assert [slot.port for slot in one.slots()] == [hub.port("u0")] and one.ledger.rows()[
        1
    ].image == "RPI_PICO-v1.29.0"
