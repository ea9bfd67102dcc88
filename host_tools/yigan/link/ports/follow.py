"""A board that comes back under another name: which of the ports that are there now is it?"""

from yigan.link.ports.found import Found, Lister, matching, plain

# What makers burn into every chip they sell, so that it names none of them: CP2102 "0001", FTDI clones and the
# ESP32-S2's loader "0", the samples of CDC stacks. Seen in bug reports; a list that may grow.
_COMMON = {
    "",
    "0",
    "00000000",
    "0001",
    "00000001",
    "1234",
    "123456",
    "12345678",
    "123456789",
    "0123456789abcdef",
}


def same(before: Found, lister: Lister | None = None) -> str:
    """The present name of the board that was `before`; "" while it is away.

    By its USB serial number if that is its own, else by its place on the bus, else by its name. What has no USB facts
    is known by the device behind its name, else by its name.
    """
    if "://" in before.device:
        return before.device
    now = matching([before.among] if before.among else (), lister, holders=False)
    if before.among and (before.serial or before.location):
        now += matching((), lister, holders=False)  # it may have left the pattern, but not the bus
    elif not before.among and not before.usb:
        now = matching([before.device], lister, holders=False)
    found = find(before, now)
    return found.device if found else ""


def find(before: Found, now: list[Found]) -> Found | None:
    """It, among the ports that are there now."""
    if own_number(before):
        with_it = [port for port in now if plain(port.serial) == plain(before.serial)]
        here = [port for port in with_it if _interface(port) == _interface(before)] or with_it
        if here:
            return _best(before, here)
    if before.location:
        return _best(
            before, [port for port in now if port.location == before.location and may_be(before, port)]
        )
    if not before.usb:
        same_target = [port for port in now if port.target == before.target]
        if same_target:
            return _best(before, same_target)
    return _best(before, [port for port in now if port.device == before.device and may_be(before, port)])


def own_number(port: Found) -> bool:
    """Whether its serial number names this one board."""
    return port.alone and plain(port.serial) not in _COMMON


def may_be(one: Found, other: Found) -> bool:
    """False when their own serial numbers say that they are two."""
    return not (own_number(one) and own_number(other)) or plain(one.serial) == plain(other.serial)


def _interface(port: Found) -> str:
    return port.location.partition(":")[2]


def _best(before: Found, ports: list[Found]) -> Found | None:
    """Of several names of one device its old one, else the first."""
    return next((port for port in ports if port.device == before.device), ports[0] if ports else None)
