"""Images are known by their own bytes; the store gives back what it was given or says so."""

import random

import pytest

from yigan import images
from yigan.errors import ConfigError, Refused, VerifyError
from yigan.images import store
from yigan.twin.rom import factory

ESP = ("esp32", "esp32s3", "esp32c3")
RP2 = ("rp2040", "rp2350")


def firmware(chip, **options):
    return (factory.esp_firmware if chip in ESP else factory.rp2_firmware)(chip, **options)


def put(folder, name, data):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("chip", ESP + RP2)
def test_chip_version_and_build_are_read_from_the_file(chip):
    facts = images.facts(firmware(chip, version="1.25.0-preview.7"), "somefile")
    assert (facts.chip, facts.version) == (chip, "1.25.0-preview.7")
    assert facts.kind == ("esp" if chip in ESP else "uf2")
    assert facts.build and facts.machine.endswith(chip.upper())
    assert facts.offset == (0x1000 if chip == "esp32" else 0)


def test_a_file_merged_from_address_0_goes_to_address_0():
    assert images.facts(b"\xff" * 0x1000 + firmware("esp32"), "x").offset == 0


def test_the_files_name_tells_the_build_only_if_the_file_agrees(monkeypatch):
    monkeypatch.setitem(factory._MACHINES, "esp32s3", ("XIAO with ESP32S3", "NEVER_HEARD_OF"))
    image = factory.esp_firmware("esp32s3")
    assert images.facts(image, "NEVER_HEARD_OF-20250911-v1.26.1.bin").build == "NEVER_HEARD_OF"
    assert images.facts(image, "ESP32_GENERIC_S3-20250911-v1.26.1.bin").build == ""
    assert images.facts(image, "renamed.bin").build == ""


@pytest.mark.parametrize("chip", ESP + RP2)
def test_no_flipped_byte_and_no_cut_goes_unnoticed(chip):
    data = firmware(chip, size=90_000)
    source = random.Random(chip)
    ends = [len(data) - 1, len(data) // 2, 0x9000, 700]
    for end in ends:
        with pytest.raises((VerifyError, Refused)):
            images.facts(data[:end], "cut")
    if chip in RP2:  # a UF2 file has no sum: only its frame can be checked
        return
    gap = range(0x8C00 - (0x1000 if chip == "esp32" else 0), 0x10000 - (0x1000 if chip == "esp32" else 0))
    for _ in range(25):
        at = source.choice([n for n in (source.randrange(0x1830), source.randrange(0x10000, len(data))) if n not in gap])
        with pytest.raises((VerifyError, Refused)):
            images.facts(data[:at] + bytes([data[at] ^ 1 << source.randrange(8)]) + data[at + 1 :], "flipped")


def test_missing_blocks_of_a_uf2_are_counted():
    data = firmware("rp2040")
    with pytest.raises(VerifyError, match="1 blocks are missing"):
        images.facts(data[: 512 * 9] + data[512 * 10 :], "x.uf2")


@pytest.mark.parametrize(
    "data, says",
    [
        (factory.esp_app("esp32"), "program alone"),
        (factory.esp_firmware("esp32", project="blink"), "no MicroPython"),
        (b"PK\3\4" * 100, "no image"),
        (b"", "no image"),
    ],
)
def test_what_we_do_not_flash_is_refused(data, says):
    with pytest.raises(Refused, match=says):
        images.facts(data, "x.bin")


def test_hostile_bytes_end_in_an_error_of_ours():
    source = random.Random(7)
    for _ in range(200):
        head = source.choice([b"\xe9", b"UF2\nWQ]\x9e", b"\xff" * 8, b""])
        with pytest.raises((VerifyError, Refused)):
            images.facts(head + source.randbytes(source.choice([3, 40, 504, 5000])), "x")


def test_add_list_find_remove(tmp_path):
    old = put(tmp_path, "ESP32_GENERIC-20250415-v1.25.0.bin", firmware("esp32", version="1.25.0"))
    new = put(tmp_path, "ESP32_GENERIC-20250911-v1.26.1.bin", firmware("esp32", version="1.26.1"))
    pico = put(tmp_path, "RPI_PICO-20250911-v1.26.1.uf2", firmware("rp2040"))
    assert [store.add(file)[1] for file in (old, new, pico, new)] == [True, True, True, False]
    assert [image.name for image in store.every()] == ["ESP32_GENERIC-v1.26.1", "ESP32_GENERIC-v1.25.0", "RPI_PICO-v1.26.1"]
    assert store.newest("ESP32_GENERIC").facts.version == "1.26.1"
    for word in ("ESP32_GENERIC-v1.25.0", old.name, store.find(old.name).sha256[:8]):
        assert store.find(word).facts.version == "1.25.0"
    assert store.for_chip("rp2040").facts.build == "RPI_PICO" and store.for_chip("esp32c3") is None
    store.remove("RPI_PICO")
    with pytest.raises(ConfigError, match="RPI_PICO"):
        store.find("RPI_PICO")


def test_two_builds_for_a_chip_want_a_choice(tmp_path, monkeypatch):
    store.add(put(tmp_path, "a.bin", firmware("esp32")))
    store.add(put(tmp_path, "b.bin", firmware("esp32", version="1.24.0")))
    assert store.for_chip("esp32").facts.version == factory.VERSION  # one build, two versions: the newest
    monkeypatch.setitem(factory._MACHINES, "esp32", ("Generic ESP32 module with SPIRAM with ESP32", "ESP32_GENERIC_SPIRAM"))
    store.add(put(tmp_path, "c.bin", firmware("esp32")))
    with pytest.raises(Refused, match="several builds") as refused:
        store.for_chip("esp32")
    assert "ESP32_GENERIC | ESP32_GENERIC_SPIRAM" in refused.value.hint


def test_a_rotten_image_is_noticed_and_mended(tmp_path):
    file = put(tmp_path, "x.bin", firmware("esp32"))
    image, _ = store.add(file)
    image.path.write_bytes(b"\0" + image.path.read_bytes()[1:])
    assert [bool(wrong) for _, wrong in store.verify()] == [True]
    with pytest.raises(VerifyError, match="has changed"):
        image.data()
    assert store.add(file)[1]
    assert [wrong for _, wrong in store.verify()] == [""]
    image.path.unlink()
    assert "gone" in store.verify()[0][1]


def test_half_a_record_is_no_image(tmp_path, home):
    store.add(put(tmp_path, "x.bin", firmware("esp32")))
    (home / "images" / "0123.json").write_text("{")
    assert len(store.every()) == 1


def test_the_verbs_speak_both_languages_and_json(tmp_path, capsys):
    import json

    from yigan.cli import main

    file = put(tmp_path, "ESP32_GENERIC-20250911-v1.26.1.bin", firmware("esp32"))
    assert main(["images", "list"]) == 0 and "no image" in capsys.readouterr().out
    assert main(["--lang", "zh", "images", "add", str(file)]) == 0 and "已添加" in capsys.readouterr().out
    assert main(["--lang", "en", "images", "list", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)[0]
    assert row["name"] == "ESP32_GENERIC-v1.26.1" and row["chip"] == "esp32" and len(row["sha256"]) == 64
    assert main(["images", "verify"]) == 0
    store.find("esp32").path.write_bytes(b"?")
    assert main(["images", "verify"]) == 6
    assert main(["images", "add", str(tmp_path / "none.bin")]) == 3
