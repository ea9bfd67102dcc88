"""USB ports that are not there: a lister to plug them into, and a sysfs of theirs."""

from types import SimpleNamespace

import pytest
from serial.tools import list_ports


def port(device, usb="10c4:ea60", serial="", location="", description="CP2102 USB to UART Bridge Controller"):
    """As pyserial lists it."""
    vid, pid = (int(part, 16) for part in usb.split(":")) if usb else (None, None)
    return SimpleNamespace(
        device=device,
        vid=vid,
        pid=pid,
        serial_number=serial or None,
        location=location or None,
        description=description,
    )


class Bus(list):
    """Ports that come and go; call it as a lister."""

    def __call__(self):
        return list(self)


@pytest.fixture
def bus(monkeypatch):
    """What `list_ports.comports` gives, everywhere."""
    found = Bus()
    monkeypatch.setattr(list_ports, "comports", found)
    return found


class Sysfs:
    """`/sys` with USB devices as Linux shows them."""

    def __init__(self, root):
        self.root = root
        self.devices = root / "bus/usb/devices"
        self.devices.mkdir(parents=True)

    def plug(self, location, usb, product="", tty="", driver="", device_class="00"):
        folder = self.devices / location
        folder.mkdir()
        vendor, number = usb.split(":")
        for name, text in (
            ("idVendor", vendor),
            ("idProduct", number),
            ("bDeviceClass", device_class),
            ("product", product),
        ):
            (folder / name).write_text(text + "\n")
        interface = folder / f"{location}:1.0"
        interface.mkdir()
        if driver:
            target = self.root / "bus/usb/drivers" / driver
            target.mkdir(parents=True, exist_ok=True)
            (interface / "driver").symlink_to(target)
        if tty:
            (interface / ("tty/" + tty if "ACM" in tty else tty)).mkdir(parents=True)


@pytest.fixture
def sysfs(tmp_path):
    return Sysfs(tmp_path / "sys")
