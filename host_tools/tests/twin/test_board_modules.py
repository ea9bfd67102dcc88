"""A board's modules have no attribute that the port's published stubs lack: what runs here must run there."""

import ast
import json
from pathlib import Path

import pytest
from stage import run

TYPINGS = Path(__file__).parents[3] / "build" / "typings"
MODULES = ["machine", "time", "os", "sys", "network", "socket", "tls", "esp32", "rp2", "micropython", "select", "bluetooth"]
# On the boards, though not in the stubs: ports/rp2/modrp2.c, extmod/modos.c, extmod/modtls_mbedtls.c,
# ports/esp32/network_lan.c, modesp32.c (newer chips), modmachine.c (chips with USB).
KNOWN = {"os.sep", "os.VfsFat", "os.VfsLfs2", "tls.SSLContext.verify_mode", "rp2.country", "esp32.mcu_temperature",
         "machine.bootloader", "network.LAN.active", "network.LAN.isconnected", "network.LAN.status",
         "network.LAN.ifconfig", "network.LAN.ipconfig", "network.LAN.config"}  # fmt: skip
# MicroPython shows these of every stream; the stubs do not.
STREAM = {"read", "readinto", "readline", "write", "close", "ioctl"}

LIST = f"""import json
for name in {MODULES!r}:
    try:
        module = __import__(name)
    except ImportError:
        continue
    for key in dir(module):
        if key[0] != '_':
            value = getattr(module, key)
            print(json.dumps([name, key, [a for a in dir(value) if a[0] != '_'] if isinstance(value, type) else []]))
"""


def names(body, into):
    """Every name that statements of a stub define; classes as dicts of theirs."""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            into[node.name] = {}
        elif isinstance(node, ast.ClassDef):
            into[node.name] = names(node.body, {})
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            into[node.target.id] = {}
        elif isinstance(node, ast.Assign):
            into.update({target.id: {} for target in node.targets if isinstance(target, ast.Name)})
        elif isinstance(node, ast.ImportFrom):
            into.update({alias.asname or alias.name: {} for alias in node.names})
        elif isinstance(node, ast.If):
            names(node.body, into)
            names(node.orelse, into)
    return into


def stub(folder, module):
    for path in (f"{module}.pyi", f"{module}/__init__.pyi", f"stdlib/{module}.pyi", f"stdlib/{module}/__init__.pyi"):
        if (folder / path).is_file():
            return names(ast.parse((folder / path).read_text()).body, {})
    return None


def strangers(folder, rows):
    """`module.name` and `module.class.name` that a board has and the stubs have not."""
    found = set()
    for module, name, attributes in rows:
        known = stub(folder, module)
        if known is None:
            continue
        if name not in known:
            found.add(f"{module}.{name}")
        elif known[name]:
            found |= {f"{module}.{name}.{a}" for a in attributes if a not in known[name] and a not in STREAM}
    return found - KNOWN


@pytest.mark.parametrize("profile, port", [("esp32-devkit", "esp32"), ("esp32s3-pole", "esp32"), ("rp2-pico-w", "rp2")])
def test_no_module_has_more_than_the_ports(virtual, profile, port):
    folder = TYPINGS / port
    if not folder.is_dir():
        pytest.skip("no stubs here: make types brings them")
    rows = [json.loads(line) for line in run(virtual(profile), LIST).splitlines()]
    assert len(rows) > 100
    assert strangers(folder, rows) == set()


def test_a_stranger_would_be_seen(tmp_path):
    (tmp_path / "machine.pyi").write_text("class Pin:\n    IN: int\ndef reset(): ...\n")
    rows = [["machine", "reset", []], ["machine", "Pin", ["IN", "UP"]], ["machine", "fly", []]]
    assert strangers(tmp_path, rows) == {"machine.fly", "machine.Pin.UP"}


LAN = """import machine, network
spi = machine.SPI(1, sck=machine.Pin(12), mosi=machine.Pin(11), miso=machine.Pin(13))
lan = network.LAN(phy_type=network.PHY_W5500, phy_addr=1, spi=spi, cs=machine.Pin(10), int=machine.Pin(14))
lan.active(True)
print(lan.isconnected(), lan.ifconfig()[0])"""


def test_ethernet_where_the_board_has_it(virtual):
    board = virtual("esp32s3-pole")
    assert run(board, LAN) == "True 192.168.4.20\n"
    board.unplug("ethernet")
    assert run(board, "print(lan.isconnected())", soft_reset=False) == "False\n"
    assert run(virtual(folder="other"), "import network; print(hasattr(network, 'LAN'))") == "False\n"
