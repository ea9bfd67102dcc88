"""Scripts for the board: small on the line, the same in meaning."""

import ast
import base64
import re
import zlib

import pytest

from yigan.deploy import paste


@pytest.mark.parametrize("name", ["probe", "receiver"])
def test_the_plain_script_is_the_same_program(name):
    original = (paste._FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert ast.dump(ast.parse(paste.plain(name))) == ast.dump(ast.parse(original))
    assert "#" not in paste.plain(name)


def test_the_packed_script_unpacks_to_it():
    data = base64.b64decode(re.search(r'a2b_base64\(b"([^"]+)"\)', paste.packed("receiver"))[1])
    assert zlib.decompress(data, -paste._WINDOW_BITS).decode() == paste.plain("receiver")


def test_small_enough_for_a_slow_line():
    assert len(paste.packed("receiver")) < 3200  # 0.28 s at 115200 baud
    assert len(paste.plain("probe")) < 1600
