"""Bundles: complete, minimal, the same twice, and never accepted damaged."""

import hashlib
import io
import json
import zipfile

import pytest
from checkout import GOOD

from yigan import bundle, conf
from yigan.bundle import archive, bytecode, closure
from yigan.errors import ConfigError, VerifyError


@pytest.fixture
def made(write):
    return bundle.build(conf.load(write(GOOD)))


def test_a_bundle_has_what_the_pole_needs_and_no_more(made):
    names = set(made.files)
    assert {"boot.py", "main.py", "config.json", "points.bin", "manifest"} <= names
    assert {"pole/app.mpy", "pole/hal/esp32.mpy", "pole/drivers/dust.mpy"} <= names
    assert {"pole/uplinks/caller.mpy", "pole/services/sampler.mpy"} <= names
    for absent in (
        "pole/hal/board.mpy",  # linked into the only one that needs it
        "pole/store.mpy",  # and this into the first
        "pole/hal/rp2.mpy",
        "pole/hal/linux.mpy",
        "pole/drivers/lux.mpy",
        "pole/drivers/modbus_rtu.mpy",
    ):
        assert absent not in names
    assert "boot.py" not in made.slot and set(made.slot) == names - {"boot.py"}


def test_a_gateway_gets_source(write):
    text = (
        GOOD.replace("esp32-devkit", "rpi-gateway")
        .replace("[bus.uart1]\nrx = 16\n", "")
        .replace('"uart1"', '"uart0"')
    )
    files = bundle.build(conf.load(write(text))).files
    assert "pole/hal/linux.py" in files and not any(name.endswith(".mpy") for name in files)


def test_the_manifest_vouches_for_every_file_of_the_slot(made):
    head, *lines = made.files["manifest"].decode().splitlines()
    assert head == f"# yigan 1 good-1 {made.version} {made.hash}"
    rows = [line.split(" ") for line in lines]
    assert {name for _, _, name in rows} == set(made.slot) - {"manifest"}
    for digest, size, name in rows:
        assert hashlib.sha256(made.files[name]).hexdigest() == digest and len(made.files[name]) == int(size)
    assert " " not in made.version


def test_the_device_reads_its_identity(made, tmp_path):
    from pole import config

    (tmp_path / "manifest").write_bytes(made.files["manifest"])
    assert config.read_identity(f"{tmp_path}/") == (made.version, made.hash)


def test_bytecode_names_its_source_and_is_for_this_mpy_version(made):
    mpy = made.files["pole/app.mpy"]
    assert mpy[:2] == b"M\x06" and b"pole.app" in mpy and b"app.py" not in mpy
    assert mpy[2] >> 2 == 0  # bytecode only: no architecture, so any port of the word size loads it


def test_same_input_same_file(write, tmp_path):
    one, two = tmp_path / "one.bundle", tmp_path / "two.bundle"
    for path in (one, two):
        bytecode._cached.cache_clear()
        bundle.make(conf.load(write(GOOD)), path)
    assert one.read_bytes() == two.read_bytes()


def test_the_hash_names_the_content_not_the_version(made):
    again = archive.seal({n: d for n, d in made.files.items() if n != "manifest"}, made.id, "9.9.9")
    assert again.hash == made.hash
    changed = {**{n: d for n, d in made.files.items() if n != "manifest"}, "boot.py": b"pass\n"}
    assert archive.seal(changed, made.id, made.version).hash != made.hash


def test_written_and_read_back(made, tmp_path):
    path = tmp_path / "deep" / "x.bundle"
    bundle.write(made, path)
    assert bundle.read(path) == made
    assert [p.name for p in path.parent.iterdir()] == ["x.bundle"]


def test_every_flipped_byte_is_found_or_harmless(made, tmp_path):
    """A flip in the zip's own bookkeeping may go unnoticed; the content never differs from what was packed."""
    path = tmp_path / "x.bundle"
    raw = bundle.packed(made)
    found = 0
    for at in range(0, len(raw), max(1, len(raw) // 400)):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 0x41]) + raw[at + 1 :])
        try:
            assert bundle.read(path).files == made.files
        except VerifyError:
            found += 1
    assert found > 300


@pytest.mark.parametrize("keep", [0, 1, 100, -1, -30])
def test_a_cut_file_is_damaged(made, tmp_path, keep):
    path = tmp_path / "x.bundle"
    path.write_bytes(bundle.packed(made)[:keep])
    with pytest.raises(VerifyError):
        bundle.read(path)


def repacked(files, tmp_path, extra=()):
    path = tmp_path / "forged.bundle"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, data in [*files.items(), *extra]:
            zipped.writestr(name, data)
    path.write_bytes(buffer.getvalue())
    return path


@pytest.mark.parametrize(
    "forge",
    [
        lambda f: f.pop("points.bin"),
        lambda f: f.pop("manifest"),
        lambda f: f.pop("pole/app.mpy"),
        lambda f: f.update({"pole/extra.mpy": b"x"}),
        lambda f: f.update({"../outside.py": b"x"}),
        lambda f: f.update({"boot.py": b"x"}),
        lambda f: f.update({"config.json": f["config.json"] + b" "}),
        lambda f: f.update({"manifest": b""}),
        lambda f: f.update({"manifest": b"\xff\xfe" + f["manifest"]}),
        lambda f: f.update({"manifest": f["manifest"].replace(b"yigan 1", b"yigan 2")}),
        lambda f: f.update({"manifest": f["manifest"] + f["manifest"].splitlines()[1] + b"\n"}),
    ],
)
def test_a_well_formed_zip_with_other_content_is_refused(made, tmp_path, forge):
    files = dict(made.files)
    forge(files)
    with pytest.raises(VerifyError):
        bundle.read(repacked(files, tmp_path))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused(made, tmp_path):
    with pytest.raises(VerifyError):
        bundle.read(repacked(made.files, tmp_path, [("config.json", b"{}")]))


def test_no_file_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError):
        bundle.read(tmp_path / "none.bundle")


def test_imports_are_followed_wherever_they_stand(checkout, tmp_path, monkeypatch):
    files = {
        "main.py": "from pole import a\n",
        "pole/__init__.py": '"""Only words."""\n',
        "pole/a.py": "import pole.b\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n    from pole import unused\n",
        "pole/b.py": "def f():\n    from pole.room import c as x, NAME\n    import os, json\n",
        "pole/unused.py": "",
        "pole/room/__init__.py": "NAME = 1\n",
        "pole/room/c.py": 'import load\nload.module("drivers", "d")\nload.module("drivers", load.kind)\n',
        "pole/drivers/d.py": "try:\n    import machine\nexcept ImportError:\n    from pole import a\n",
    }
    for name, text in files.items():
        path = tmp_path / "firmware" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("YIGAN_ROOT", str(tmp_path))
    assert list(closure.modules(["main"])) == [
        "main",
        "pole.a",
        "pole.b",
        "pole.drivers.d",
        "pole.room",
        "pole.room.c",
    ]
    with pytest.raises(ConfigError):
        closure.modules(["pole.nothing"])


def test_what_micropython_cannot_compile_is_told():
    text = "match x:\n    case 1:\n        pass\n"
    with pytest.raises(ConfigError, match="SyntaxError"):
        bytecode.compiled(text, "pole/bad.py", "xtensawin")


def test_roots_name_the_bus_driver():
    config = {
        "port": "rp2", "peripherals": [{"kind": "dust"}, {"kind": "dust"}], "services": [], "uplinks": [],
        "buses": {"a": {"kind": "rs485", "driver": "modbus_rtu"}, "b": {"kind": "uart"}}, "interfaces": [{"kind": "wifi"}],
    }  # fmt: skip
    assert closure.roots(json.loads(json.dumps(config))) == [
        "main", "pole.hal.rp2", "pole.hal.rs485", "pole.hal.uart", "pole.hal.wifi", "pole.drivers.dust",
        "pole.drivers.modbus_rtu",
    ]  # fmt: skip
