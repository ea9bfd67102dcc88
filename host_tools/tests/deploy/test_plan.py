"""What a board is told, decided without a board."""

import hashlib

import pytest
import small

from yigan.bundle import Bundle
from yigan.deploy import plan
from yigan.deploy.facts import Facts
from yigan.deploy.plan import BootRecord, parse_record
from yigan.deploy.tree import File, Tree, of
from yigan.errors import Refused


def facts(boot_record="", vacant=400, block=4096, boot=b"", root=()):
    return Facts(
        name="micropython", version=(1, 26, 0), mpy=0x2306, machine="Generic ESP32 module with ESP32",
        platform="esp32", small_int_bits=31, free=150000, uid="00", block=block, blocks=512, vacant=vacant,
        root=root, boot_hash=hashlib.sha256(boot).hexdigest() if boot else "", boot_record=boot_record,
        manifests={}, deflate=True,
    )  # fmt: skip


def made(new, boot_record="", a=None, b=None, **details):
    trees = {"a": of(a.slot) if a else Tree(), "b": of(b.slot) if b else Tree()}
    return plan.make(new, facts(boot_record, **details), trees)


def lines(records):
    return [record.line for record in records]


NEW, OLD, OLDER = small.bundle("new"), small.bundle("old"), small.bundle("older")
BOOT = NEW.files["boot.py"]


def test_tree_hash_is_over_path_and_content():
    whole = hashlib.sha256()
    for path, data in ((b"a", b"1"), (b"b/c", b"2")):
        whole.update(path + b"\0" + hashlib.sha256(data).digest())
    assert of({"b/c": b"2", "a": b"1"}).hash == whole.hexdigest()
    assert Tree().hash == of({}).hash


def test_blank_board():
    todo = made(NEW)
    assert todo.slot == "a" and not todo.copied and not todo.removed
    assert sorted([*todo.sent, "manifest"]) == sorted(NEW.slot)
    assert todo.manifest == NEW.slot["manifest"]
    assert lines(todo.fill)[:4] == ["d /a", "d /a/pole", "d /a/pole/deep", "d /a/pole/deep/er"]
    assert lines(todo.switch) == [
        f"f /boot.new {len(BOOT)}",
        "m /boot.new /boot.py",
        "f /boot.new 12",
        "m /boot.new /boot.rec",
    ]
    assert todo.switch[2].content == b"1 a try 3 -\n"


def test_nothing_to_do():
    assert made(NEW, "1 a ok 0 -", a=NEW, boot=BOOT).nothing


def test_only_the_launcher():
    todo = made(NEW, "1 a ok 0 -", a=NEW, boot=b"older launcher")
    assert not todo.fill and lines(todo.switch)[-1] == "m /boot.new /boot.py"


def test_one_changed_file_and_the_rest_copied():
    todo = made(NEW, "1 a ok 0 -", a=OLD, boot=BOOT)
    assert todo.slot == "b"
    assert todo.sent == ["word"]
    assert "c /b/main.py /a/main.py" in lines(todo.fill)
    assert todo.switch[-2].content == b"1 b try 3 a\n"


def test_what_lies_there_already_is_left():
    todo = made(NEW, "1 b ok 0 a", a=OLDER, b=OLD, boot=BOOT)
    assert (todo.slot, todo.sent, todo.copied, todo.removed) == ("a", ["word"], [], [])
    assert lines(todo.fill)[0] == "x /a/manifest"


def test_other_slot_complete_already():
    todo = made(NEW, "1 a ok 0 -", a=OLD, b=NEW, boot=BOOT)
    assert not todo.fill and todo.switch[0].content == b"1 b try 3 a\n"


def test_files_of_others_go():
    tree = of(OLD.slot)
    there = Tree({**tree.files, "pole/gone.mpy": File(10, "0" * 16)}, "x")
    todo = plan.make(NEW, facts("1 b ok 0 a", boot=BOOT), {"a": there, "b": of(OLD.slot)})
    assert todo.removed == ["pole/gone.mpy"] and "x /a/pole/gone.mpy" in lines(todo.fill)


def test_a_slot_on_trial_is_given_up_before_it_is_written():
    todo = made(NEW, "1 b try 2 a", a=OLD, b=OLDER, boot=BOOT)
    assert todo.slot == "b"
    assert lines(todo.fill)[:2] == ["f /boot.new 11", "m /boot.new /boot.rec"]
    assert todo.fill[0].content == b"1 a ok 0 -\n"
    assert todo.switch[-2].content == b"1 b try 3 a\n"


def test_a_first_trial_without_previous_is_kept():
    todo = made(NEW, "1 a try 1 -", a=OLD, boot=BOOT)
    assert todo.slot == "b" and todo.switch[-2].content == b"1 b try 3 a\n"


def test_back_to_the_slot_that_was_good():
    todo = made(OLD, "1 b try 2 a", a=OLD, b=NEW, boot=BOOT)
    assert todo.slot == "a" and not todo.fill and todo.switch[0].content == b"1 a ok 0 -\n"


def test_same_again_on_trial_gets_its_attempts_back():
    todo = made(NEW, "1 b try 1 a", a=OLD, b=NEW, boot=BOOT)
    assert not todo.fill and todo.switch[0].content == b"1 b try 3 a\n"


@pytest.mark.parametrize(
    "record", ["", "rubbish", "1 a", "2 a ok 0 -", "1 c ok 0 -", "1 a ok x -", "1 a ok 0 c"]
)
def test_without_a_record_the_launcher_s_choice_is_kept(record):
    assert parse_record(record) is None
    assert made(NEW, record, a=OLD).slot == "b"
    assert made(NEW, record, b=OLD).slot == "a"


def test_half_a_slot_is_nothing_to_keep():
    half = Tree({"main.py": File(1, "0" * 16)}, "x")
    todo = plan.make(NEW, facts("1 a ok 0 -"), {"a": half, "b": of(OLD.slot)})
    assert todo.slot == "a" and todo.switch[-2].content == b"1 a try 3 -\n"


def test_the_manifest_goes_first_and_comes_last():
    for a, b in ((OLD, None), (OLD, OLDER), (None, OLD)):
        todo = made(NEW, "", a=a, b=b)
        assert not any(line.endswith("/manifest") and line[0] in "fc" for line in lines(todo.fill))
        assert todo.manifest  # sealed after the rest
        if b and todo.slot == "b":
            assert lines(todo.fill)[0] == "x /b/manifest"


def test_too_full():
    with pytest.raises(Refused, match="too full") as caught:
        made(NEW, vacant=10, root=("boot.py", "a", "video.bin"))
    assert "video.bin" in caught.value.hint and "a," not in caught.value.hint
    with pytest.raises(Refused, match="too full"):
        made(NEW, "1 a ok 0 -", a=OLD, vacant=10)
    assert made(NEW, "1 b ok 0 a", a=OLDER, b=OLD, vacant=10).sent == ["word"]


def test_record_line():
    for line in ("1 a ok 0 -", "1 b try 3 a"):
        assert parse_record(line).line() == line + "\n"
    assert BootRecord("a", "ok", 0, "").line() == "1 a ok 0 -\n"


def test_a_manifest_that_no_board_could_make_is_sent():
    """Another tool's, with its lines in another order."""
    head, *rows = NEW.slot["manifest"].decode().splitlines()
    odd = Bundle({**NEW.files, "manifest": "\n".join([head, *rows[::-1], ""]).encode()}, "p", "1", "h")
    todo = made(odd)
    assert todo.manifest == b"" and todo.sent[-1] == "manifest"
