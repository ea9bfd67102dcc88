"""Scripts for the board: small on the line, the same in meaning."""

import ast
import zlib

import pytest

from yigan.deploy import paste


@pytest.mark.parametrize("name", ["probe", "receiver"])
def test_the_plain_script_is_the_same_program(name):
    original = (paste._FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert ast.dump(ast.parse(paste.plain(name))) == ast.dump(ast.parse(original))
    assert "#" not in paste.plain(name)


@pytest.mark.parametrize("name", ["probe", "receiver"])
def test_short_names_change_nothing_else(name):
    text = paste.plain(name)
    short, names = ast.parse(paste.short(text)), {}
    for before, after in zip(ast.walk(ast.parse(text)), ast.walk(short)):
        assert type(before) is type(after)
        for field in ("id", "name", "attr", "arg"):
            old = getattr(before, field, None)
            assert names.setdefault(old, getattr(after, field, None)) == getattr(after, field, None)
    assert len(set(names.values())) == len(names)
    kept = {"machine", "readblocks", "ioctl", "self", "WDT", "timeout", "inflater"} & names.keys()
    assert all(names[name] == name for name in kept - {"inflater"})
    assert name == "probe" or len(names["inflater"]) <= 2


def test_the_pasted_script_unpacks_to_it():
    pasted = paste.receiver()
    assert not set(pasted) & {0, 1, 2, 3, 4, 5, 13}  # control characters of the raw REPL, a foreign line end
    literal = pasted.partition(b'BytesIO(b"')[2].partition(b'"),deflate.RAW')[0]
    data = ast.literal_eval('b"' + "".join(chr(b) if b < 128 else f"\\x{b:02x}" for b in literal) + '"')
    script = paste.plain("probe").removesuffix("print(facts)\n") + paste.plain("receiver")
    assert zlib.decompress(data, -paste._WINDOW_BITS).decode() == paste.short(script)


def test_small_enough_for_a_slow_line():
    assert len(paste.receiver()) < 3300  # 0.29 s at 115200 baud
    assert len(paste.plain("probe")) < 1600
