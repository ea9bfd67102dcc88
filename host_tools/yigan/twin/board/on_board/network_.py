# `network` of a board: a station that finds whatever access point is asked for, unless the air is cut.
import _hub

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_BEACON_TIMEOUT = 200
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204
AUTH_OPEN = 0
AUTH_WPA2_PSK = 3

_hostname = "mpy"
_facts = {}
_fixed = {}  # of each interface: its address without DHCP
_ADDRESS = ("192.168.4.20", "255.255.255.0", "192.168.4.1", "192.168.4.1")
_NONE = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")


def _ifconfig(nic, config):
    if config is None:
        return _fixed.get(type(nic), _ADDRESS) if nic.isconnected() else _NONE
    if config == "dhcp":
        _fixed.pop(type(nic), None)
    elif len(config) != 4:
        raise ValueError("requested length 4")
    else:
        _fixed[type(nic)] = tuple(config)


_six = None  # of an RP2: whether each kind of interface asks routers, as cyw43's does from its start
_LINK = ("FE80::2ECF:67FF:FE00:1", 0x30, 0, 0)  # as lwIP writes addresses: address, state, preferred s, valid s
_LEASED = ("2001:DB8:4:20:2ECF:67FF:FE00:1", 0x30, 14400, 86400)
_TRIED = ("FD00::1", 0x08, 0, 0)  # tentative: its duplicate is looked for


def _ipconfig6(nic, name, kw):
    for word, value in kw.items():
        if word == "autoconf6":
            _six[type(nic)] = bool(value)
        elif word not in ("dhcp4", "addr4", "gw4", "addr6"):
            raise ValueError("unexpected key")
    auto = _six.get(type(nic), True)
    if name == "autoconf6":
        return auto
    if name == "has_autoconf6":
        return auto and nic.isconnected()
    if name == "addr6":
        return [_LINK] + ([_LEASED, _TRIED] if auto and nic.isconnected() else [])


class WLAN:
    IF_STA = 0
    IF_AP = 1
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2
    SEC_OPEN = 0
    SEC_WPA2 = 3

    def __init__(self, interface=0):
        if interface not in (0, 1):
            raise ValueError("invalid WLAN interface identifier")
        self._if = interface
        self._heard = -1
        self._config = {"channel": 6, "pm": 1, "txpower": 20, "reconnects": 0}

    def _state(self):
        if self._if:
            return "off"
        heard = _hub._virtual.heard if _hub._virtual else -1
        if heard != self._heard or heard < 0:
            self._known = _hub.ask("wlan_state")
            self._heard = heard
        return self._known

    def active(self, on=None):
        if on is None:
            return self._state() != "off"
        if on and not self.active():
            self._do("idle")
        if not on:
            self._do("off")
        return bool(on)

    def _do(self, *what):
        self._heard = -1
        _hub.ask("wlan", *what)

    def connect(self, ssid=None, key=None, *, bssid=None, **kw):
        if not self.active():
            raise OSError("Wifi Not Started")
        self._do("connect", ssid or "")

    def disconnect(self):
        if self.active():
            self._do("idle")

    def isconnected(self):
        return self._state() == "up"

    def status(self, what=None):
        state = self._state()
        if what == "rssi":
            return -58
        if what is not None:
            raise ValueError("unknown status param")
        return _STATUS[state]

    def scan(self):
        if not self.active():
            raise OSError("Wifi Not Active")
        return [(b"pole", b"\x02\x00\x00\x00\x00\x01", 6, -58, 3, False)] if _hub.ask("air") else []

    def ifconfig(self, config=None):
        return _ifconfig(self, config)

    def ipconfig(self, name=None, **kw):
        if _six is not None and (kw or name in ("addr6", "autoconf6", "has_autoconf6")):
            return _ipconfig6(self, name, kw)
        for word in kw:
            if word not in ("dhcp4", "addr4", "gw4"):
                raise ValueError("unexpected key")
        address = self.ifconfig()
        if name == "addr4":
            return address[:2]
        if name == "gw4":
            return address[2]
        if name == "has_dhcp4":
            return self.isconnected()
        if name is not None:
            raise ValueError("unknown config param")

    def config(self, name=None, **kw):
        if name is None:
            self._config.update(kw)
        elif name == "mac":
            return bytes.fromhex(_facts["uid"])[:6]
        elif name in ("essid", "ssid"):
            return _hub.ask("wlan_ssid")
        elif name in self._config:
            return self._config[name]
        else:
            raise ValueError("unknown config param")


class LAN:
    def __init__(self, id=None, *, phy_type=None, **kw):
        if phy_type not in (1, 2, 100):
            raise ValueError("invalid phy type")
        if phy_type == 100 and not ("spi" in kw and "cs" in kw and "int" in kw):
            raise ValueError("cs and int are needed")

    def active(self, on=None):
        if on is not None:
            _hub.ask("lan", bool(on))
        return _hub.ask("lan_state") != "off"

    def isconnected(self):
        return _hub.ask("lan_state") == "up"

    def status(self):
        return {"off": 1, "idle": 3, "up": 5}[_hub.ask("lan_state")]  # ETH_STARTED, ETH_DISCONNECTED, ETH_GOT_IP

    def ifconfig(self, config=None):
        return _ifconfig(self, config)

    ipconfig = WLAN.ipconfig

    def config(self, name=None, **kw):
        if name == "mac":
            return bytes.fromhex(_facts["uid"])[:5] + b"\x03"


def ipconfig(name=None, **kw):
    if name is not None:
        raise ValueError("unknown config param")


def hostname(name=None):
    global _hostname
    if name is None:
        return _hostname
    if len(name) > 32:
        raise ValueError("hostname too long")
    _hostname = name


def country(code=None):
    return "XX"


def setup(facts):
    global _STATUS, _six
    _facts.update(facts)
    here = globals()
    _six = {} if facts["port"] == "rp2" else None
    if facts["port"] == "rp2":  # cyw43's link states
        _STATUS = {"off": 0, "idle": 0, "connecting": 1, "up": 3, "failed": -2}
        for name in list(here):
            if name.startswith(("STAT_", "AUTH_")):
                del here[name]
        here.update({"STAT_IDLE": 0, "STAT_CONNECTING": 1, "STAT_GOT_IP": 3, "STAT_NO_AP_FOUND": -2})
        here.update({"STAT_WRONG_PASSWORD": -3, "STAT_CONNECT_FAIL": -1})
        if facts["radio"]:
            del WLAN.SEC_WPA2
            WLAN.SEC_WPA_WPA2 = 0x400004
    else:
        _STATUS = {"off": 1000, "idle": 1000, "connecting": 1001, "up": 1010, "failed": 201}
    if facts["lan"]:
        here.update({"PHY_LAN8720": 1, "PHY_IP101": 2, "PHY_W5500": 100})
    else:
        del here["LAN"]
    if not facts["radio"]:
        del here["WLAN"], here["STA_IF"], here["AP_IF"]
    del here["setup"]
