"""Which ports are there, which board is which when they come back, and what stands in the way."""

import os
import subprocess
import sys
import tty

import pytest
from plugged import bus, port, sysfs  # noqa: F401
from stage import home  # noqa: F401

from yigan.link import holder, ports
from yigan.link.ports import Found, advice, stray, usb


@pytest.fixture
def ptys(tmp_path):
    """`ptys("a")` makes a pseudo terminal and a link to it in the folder `bench`; the link."""
    folder, ends = tmp_path / "bench", []
    folder.mkdir()

    def make(name):
        master, slave = os.openpty()
        tty.setraw(slave)
        ends.extend((master, slave))
        (folder / name).symlink_to(os.ttyname(slave))
        return folder / name

    yield make
    for end in ends:
        os.close(end)


def names(found):
    return [one.device for one in found]


# What is there


def test_usb_first_then_by_number(bus):  # noqa: F811
    bus += [port("COM10"), port("COM9"), port("/dev/ttyS0", usb="")]
    assert names(ports.every()) == ["COM9", "COM10", "/dev/ttyS0"]


@pytest.mark.parametrize(
    ("device", "pattern"),
    [
        ("/dev/ttyUSB0", "/dev/ttyUSB0"),
        ("/dev/ttyUSB0", "/dev/ttyUSB*"),
        ("/dev/ttyUSB0", "ttyUSB0"),
        ("/dev/cu.usbserial-0001", "/dev/cu.*"),
        ("/dev/cu.wchusbserial1410", "cu.wch*"),
        ("COM5", "COM5"),
        ("COM5", "com5"),
        ("COM12", "COM1?"),
    ],
)
def test_names_of_three_systems(bus, device, pattern):  # noqa: F811
    bus.append(port(device, location="1-1"))
    (found,) = ports.matching([pattern])
    assert (found.device, found.usb, found.location, found.among) == (device, "10c4:ea60", "1-1", pattern)
    assert not ports.matching(["COM99", "/dev/ttyNone*"])


def test_without_a_pattern_only_usb(bus):  # noqa: F811
    bus += [port("/dev/ttyS0", usb=""), port("/dev/ttyACM0")]
    assert names(ports.matching([])) == ["/dev/ttyACM0"]


def test_links_keep_their_names(bus, ptys):  # noqa: F811
    one, two = ptys("slot1"), ptys("slot10")
    ptys("slot2")
    (one.parent / "notes.txt").write_text("no port")
    (one.parent / "away").symlink_to("/dev/pts/does-not-exist")
    (one.parent / "z-again").symlink_to(os.path.realpath(one))
    wanted = [str(one.parent / name) for name in ("slot1", "slot2", "slot10")]
    assert names(ports.matching([f"{one.parent}/*"])) == wanted
    assert names(ports.matching([str(one.parent)])) == wanted
    assert names(ports.matching([str(two), f"{one.parent}/*"]))[0] == str(two)
    bus.append(port(os.path.realpath(one), location="1-1.4", serial="7"))
    assert ports.matching([str(one)])[0].location == "1-1.4"


def test_urls_are_taken_as_they_are(bus):  # noqa: F811
    urls = ["socket://127.0.0.1:4000", "rfc2217://bench:2217"]
    assert names(ports.matching(urls)) == urls
    assert ports.same(ports.matching(urls)[0]) == urls[0]


# Who it is when it comes back


def before(bus, device):  # noqa: F811
    return next(one for one in ports.matching() if one.device == device)


def test_its_own_number_tells_wherever_it_is(bus):  # noqa: F811
    bus += [
        port("/dev/ttyUSB0", serial="A1", location="1-1"),
        port("/dev/ttyUSB1", serial="B2", location="1-2"),
    ]
    one = before(bus, "/dev/ttyUSB0")
    bus[:] = [
        port("/dev/ttyUSB0", serial="B2", location="1-2"),
        port("/dev/ttyUSB4", serial="A1", location="2-3"),
    ]
    assert ports.same(one) == "/dev/ttyUSB4"
    bus[:] = [port("/dev/ttyUSB0", serial="B2", location="1-1")]
    assert ports.same(one) == "", "another board in its socket"


def test_a_number_that_many_have_tells_nothing(bus):  # noqa: F811
    bus += [
        port("/dev/ttyUSB0", serial="0001", location="1-1"),
        port("/dev/ttyUSB1", serial="0001", location="1-2"),
    ]
    one = before(bus, "/dev/ttyUSB0")
    bus[:] = [port("/dev/ttyUSB0", serial="0001", location="1-2")]
    assert ports.same(one) == "", "the other one has its name now"
    bus.append(port("/dev/ttyUSB7", serial="0001", location="1-1"))
    assert ports.same(one) == "/dev/ttyUSB7"


def test_twins_of_a_careless_maker(bus):  # noqa: F811
    bus += [
        port("/dev/ttyUSB0", serial="C3", location="1-1"),
        port("/dev/ttyUSB1", serial="C3", location="1-2"),
    ]
    one = before(bus, "/dev/ttyUSB0")
    del bus[0]
    assert ports.same(one) == ""


def test_two_ports_of_one_adapter(bus):  # noqa: F811
    bus += [port(f"/dev/ttyUSB{n}", serial="FT1", location=f"1-1:1.{n}") for n in (0, 1)]
    one = before(bus, "/dev/ttyUSB1")
    bus[:] = [port(f"/dev/ttyUSB{n + 4}", serial="FT1", location=f"2-1:1.{n}") for n in (0, 1)]
    assert ports.same(one) == "/dev/ttyUSB5"


def test_a_chip_in_its_loader_spells_its_number_otherwise(bus):  # noqa: F811
    bus.append(port("/dev/ttyACM0", usb="303a:4001", serial="24587cd5a0b0", location="1-1"))
    one = before(bus, "/dev/ttyACM0")
    bus[:] = [port("/dev/ttyACM1", usb="303a:1001", serial="24:58:7C:D5:A0:B0", location="1-1")]
    assert ports.same(one) == "/dev/ttyACM1"


@pytest.mark.parametrize("device", ["/dev/ttyUSB0", "/dev/cu.usbserial-1410", "COM5"])
def test_by_its_place_else_by_its_name(bus, device):  # noqa: F811
    bus.append(port(device, usb="1a86:7523", location="1-1.4"))
    one = before(bus, device)
    bus[:] = [port("COM77", usb="1a86:7523", location="1-1.4")]
    assert ports.same(one) == "COM77"
    bus[:] = [port(device, usb="1a86:7523")]
    nameless = before(bus, device)
    assert ports.same(nameless) == device
    bus.clear()
    assert ports.same(one) == ports.same(nameless) == ""


def test_a_link_that_is_renamed_replaced_or_away(bus, ptys):  # noqa: F811
    link = ptys("slot1")
    (one,) = ports.matching([f"{link.parent}/*"])
    assert ports.same(one) == str(link)
    link.rename(link.parent / "other")
    assert ports.same(one) == str(link.parent / "other")
    (link.parent / "other").unlink()
    assert ports.same(one) == ""
    ptys("slot1")
    assert ports.same(one) == str(link)


def test_a_link_to_a_usb_port_is_followed_by_its_usb(bus, ptys):  # noqa: F811
    link, other = ptys("by-path-1"), ptys("by-path-2")
    bus.append(port(os.path.realpath(link), location="1-1", serial="A1"))
    (one,) = ports.matching([str(link.parent / "by-path-1")])
    bus[:] = [port(os.path.realpath(other), location="1-2", serial="A1")]
    assert ports.same(one) == os.path.realpath(other), "it left the pattern, but not the bus"
    (glob,) = [p for p in ports.matching([f"{link.parent}/*"]) if p.serial]
    assert ports.same(glob) == str(other)


# As they come and go


def told(watch):
    return [(what, one.device, old) for what, one, old in watch.changes()]


def test_watch(bus):  # noqa: F811
    bus.append(port("/dev/ttyUSB0", serial="A1", location="1-1"))
    watch = ports.Watch()
    assert told(watch) == [("came", "/dev/ttyUSB0", "")]
    assert told(watch) == []
    bus[0] = port("/dev/ttyUSB1", serial="A1", location="1-1")
    assert told(watch) == [("renamed", "/dev/ttyUSB1", "/dev/ttyUSB0")]
    bus.clear()
    assert told(watch) == [("went", "/dev/ttyUSB1", "")]
    bus.append(port("/dev/ttyUSB0", serial="A1", location="1-1"))
    assert told(watch) == [("came", "/dev/ttyUSB0", "/dev/ttyUSB1")]
    bus[0] = port("/dev/ttyUSB0", serial="B2", location="1-1")
    assert told(watch) == [("went", "/dev/ttyUSB0", ""), ("came", "/dev/ttyUSB0", "")]
    assert names(watch.there) == ["/dev/ttyUSB0"]


def test_watch_a_folder(ptys):
    link = ptys("slot1")
    watch = ports.Watch([f"{link.parent}/*"])
    assert told(watch) == [("came", str(link), "")]
    link.rename(link.parent / "slot2")
    assert told(watch) == [("renamed", str(link.parent / "slot2"), str(link))]
    ptys("slot3")
    assert told(watch) == [("came", str(link.parent / "slot3"), "")]


def test_two_that_swap_their_names(bus):  # noqa: F811
    bus += [
        port("/dev/ttyUSB0", serial="A1", location="1-1"),
        port("/dev/ttyUSB1", serial="B2", location="1-2"),
    ]
    watch = ports.Watch()
    told(watch)
    bus[:] = [
        port("/dev/ttyUSB0", serial="B2", location="1-2"),
        port("/dev/ttyUSB1", serial="A1", location="1-1"),
    ]
    assert sorted(told(watch)) == [
        ("renamed", "/dev/ttyUSB0", "/dev/ttyUSB1"),
        ("renamed", "/dev/ttyUSB1", "/dev/ttyUSB0"),
    ]


# Who holds it


def test_holders_of_many_at_once(ptys):
    free, taken = ptys("free"), ptys("taken")
    code = f"import os, sys\nos.open({os.path.realpath(taken)!r}, os.O_RDWR | os.O_NOCTTY)\nprint(1, flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        found = ports.matching([str(free), str(taken)])
        assert [one.holders for one in found][0] == ()
        assert [pid for pid, _ in found[1].holders] == [other.pid]
        assert str(other.pid) in advice.port(found[1])
        other.stdin.close()


def test_lsof_s_words():
    text = "p812\ncminicom\nf3\nn/dev/cu.usbserial-1\nf4\nn/dev/cu.usbserial-1\np9\ncthonny\nf5\nn/dev/cu.other\n"
    assert holder.parse_lsof(text, {"/dev/cu.usbserial-1"}) == {"/dev/cu.usbserial-1": [(812, "minicom")]}


# What stands in the way


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("linux", ("only charges",)),
        ("darwin", ("/dev/cu.usbmodem*", "/dev/cu.wchusbserial*", "/dev/cu.SLAB_USBtoUART")),
        ("win32", ("CH34x", "CP210x", "Device Manager")),
    ],
)
def test_nothing_is_plugged_in(sysfs, platform, words):  # noqa: F811
    said = advice.nothing(platform, sysfs.root)
    assert "only charges" in said and all(word in said for word in words)


def test_nothing_but_a_mouse(sysfs):  # noqa: F811
    sysfs.plug("usb1", "1d6b:0002", "hub", device_class="09")
    sysfs.plug("1-3", "046d:c077", "USB Optical Mouse")
    assert advice.nothing("linux", sysfs.root).endswith("USB shows only: 046d:c077 USB Optical Mouse.")
    assert stray.strays(sysfs.root) == []


@pytest.mark.parametrize(
    ("identity", "driver", "words"),
    [
        ("1a86:7523", "", "modprobe ch341"),
        ("10c4:ea60", "", "modprobe cp210x"),
        ("0403:6001", "", "modprobe ftdi_sio"),
        ("303a:4001", "", "modprobe cdc_acm"),
        ("1a86:7523", "usbfs", "apt remove brltty"),
        ("1a86:7523", "ch341", "Its driver ch341"),
        ("2e8a:0003", "usb-storage", "yigan flash"),
        ("2e8a:000f", "", "picotool"),
    ],
)
def test_a_board_without_a_port(sysfs, tmp_path, identity, driver, words):  # noqa: F811
    sysfs.plug("1-2", identity, driver=driver)
    (one,) = stray.strays(sysfs.root, tmp_path)
    assert (one.usb, one.location) == (identity, "1-2") and words in one.says


def test_brltty_took_it(sysfs, tmp_path):  # noqa: F811
    sysfs.plug("1-2", "1a86:7523")
    sysfs.plug("1-3", "303a:4001")
    rules = tmp_path / "usr/lib/udev/rules.d/85-brltty.rules"
    rules.parent.mkdir(parents=True)
    rules.write_text("")
    said = {one.usb: one.says for one in stray.strays(sysfs.root, tmp_path)}
    assert "brltty" in said["1a86:7523"] and "brltty" not in said["303a:4001"]


@pytest.mark.parametrize("tty_name", ["ttyUSB0", "ttyACM0"])
def test_a_board_with_a_port_is_no_stray(sysfs, tty_name):  # noqa: F811
    sysfs.plug("1-2", "1a86:55d4", tty=tty_name, driver="x")
    assert stray.strays(sysfs.root) == []


def test_hindrances():
    said = advice.port(Found("/dev/ttyUSB0", usable=False, group="uucp"))
    assert "usermod -aG uucp" in said and "log out" in said
    assert "dialout" in advice.denied()
    assert "42 minicom" in advice.port(Found("/dev/ttyUSB0", holders=((42, "minicom"),)))
    assert "/dev/cu.usbserial-1 " not in advice.port(Found("/dev/cu.usbserial-1"), "darwin")
    assert "take /dev/cu.usbserial-1:" in advice.port(Found("/dev/tty.usbserial-1"), "darwin")
    assert advice.port(Found("/dev/tty.usbserial-1"), "linux") == ""


def test_a_hidden_holder(tmp_path):
    assert "sudo lsof" in advice.busy("linux", tmp_path) and "sudo lsof /dev/cu" in advice.busy(
        "darwin", tmp_path
    )
    assert "Process Explorer" in advice.busy("win32", tmp_path)
    (tmp_path / "77").mkdir()
    (tmp_path / "77" / "comm").write_text("ModemManager\n")
    assert "ModemManager" in advice.busy("linux", tmp_path)


def test_usb_identities():
    assert usb.name("1a86:7523") == "CH340" and usb.role("2e8a:000f") == usb.DRIVE
    assert usb.kind("303a:8123").name == "Espressif" and usb.kind("2c7c:0125") is None
    assert "loader" in advice.role("303a:0002") and advice.role("303a:1001") == ""
