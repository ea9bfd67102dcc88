"""Twins to be probed, without a line between; what was asked is counted."""

import struct

from yigan.fieldbus import judge
from yigan.twin import datasheet, modbus_rtu, modbus_sensor


class Line:
    """Slaves that answer `ask`. swapped: an order in which the slaves send their wide numbers instead of ABCD."""

    def __init__(self, *slaves, swapped: str = "", quiet: bool = False):
        self.slaves, self.swapped, self.quiet, self.asked = slaves, swapped, quiet, []
        for slave in slaves:
            slave.start()

    def ask(self, address, pdu, baud=0):
        self.asked.append(pdu)
        frame = modbus_rtu.seal(bytes([address]) + pdu)
        replies = [reply for slave in self.slaves if (reply := modbus_rtu.reply(slave, frame))]
        if self.quiet:
            replies = [reply for reply in replies if not reply[1] & 0x80]
        if self.swapped and replies and not replies[0][1] & 0x80 and pdu[0] in (3, 4):
            replies = [modbus_rtu.seal(self.reordered(replies[0][:-2], *struct.unpack(">HH", pdu[1:])))]
        heard = (
            bytes(a & b for a, b in zip(*replies, strict=False)) if len(replies) > 1 else b"".join(replies)
        )
        return judge(heard, address)

    def reordered(self, body, start, count):
        """The reply of a device whose maker chose another order for 32-bit numbers."""
        out = bytearray(body)
        for quantity in self.slaves[0].kind.quantities:
            at = 3 + 2 * (quantity.register - start)
            if quantity.words == 2 and start <= quantity.register and quantity.register + 2 <= start + count:
                abcd = bytes(body[at + quantity.order.index(letter)] for letter in "ABCD")
                out[at : at + 4] = bytes(abcd["ABCD".index(letter)] for letter in self.swapped)
        return bytes(out)


def slave(kind: str, address: int = 1, **values: float) -> modbus_sensor.Twin:
    part = modbus_sensor.Twin(None, {"map": kind, "address": address})
    for name, value in values.items():
        part.set(name, value)
    return part


def wide(name: str) -> bool:
    """Whether the device sends 32-bit numbers."""
    return any(quantity.words == 2 for quantity in datasheet.load(name).quantities)
