"""What a Modbus server answers to a PDU, whatever line it came by.

Source: MODBUS Application Protocol V1.1b3, clauses 6.1 to 6.21 and 7; MODBUS Messaging on TCP/IP V1.0b (MBAP). A
write from somebody who may only read is refused with exception 01, as MODBUS/TCP Security does for a role that may
not (unconfirmed: from memory).
"""

from pole import seldom
from pole.codec.modbus import (
    ENCAPSULATED,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    MOST_BITS,
    MOST_PDU,
    MOST_REGISTERS,
    READ_COILS,
    READ_DISCRETE_INPUTS,
    READ_HOLDING_REGISTERS,
    READ_INPUT_REGISTERS,
    READ_WRITE_REGISTERS,
    WRITE_COIL,
    WRITE_COILS,
    WRITE_REGISTER,
    WRITE_REGISTERS,
)
from pole.protocol.register_image import RegisterImage

_WRITES = bytes((WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS, READ_WRITE_REGISTERS))


def mbap(buf, start, end):
    """Length of the TCP frame at buf[start:end], header included; 0 if it is not all there; -1 if it is none.

    A stream that is none cannot be put in step again: close it (V1.0b, 4.4.2.1).
    """
    n = end - start
    if n < 6:
        # What is there already may show that nothing good can follow.
        return -1 if n > 2 and buf[start + 2] or n > 3 and buf[start + 3] else 0
    length = buf[start + 4] << 8 | buf[start + 5]
    if buf[start + 2] or buf[start + 3] or length < 2 or length > MOST_PDU + 1:
        return -1
    return length + 6 if n >= length + 6 else 0


def request_length(buf, at, end):
    """Length of the request PDU that begins at buf[at], of which all to buf[end] is there; 0: its function does not tell."""
    function = buf[at]
    if READ_COILS <= function <= WRITE_REGISTER:
        return 5
    if (function == WRITE_COILS or function == WRITE_REGISTERS) and end > at + 5:
        return 6 + buf[at + 5]
    if function == READ_WRITE_REGISTERS and end > at + 9:
        return 10 + buf[at + 9]
    return 4 if function == ENCAPSULATED else 0


def pole_server(pole, options):
    """The server of a pole's points, as the options of its uplinks want it: blocks, word_order."""
    info = pole.info
    return ModbusServer(
        RegisterImage(pole.store, options.get("blocks"), options.get("word_order") == "cdab"),
        ("yigan", "pole", info.get("version", ""), "", "yigan smart pole", info.get("board", ""), pole.id),
    )


class ModbusServer:
    """image: a protocol.register_image. identity: texts of objects 0 to 6 (vendor, product code, revision, vendor
    URL, product name, model, application name).

    `requests` and `refused` (exception replies) count.
    """

    def __init__(self, image, identity):
        self.image = image
        self._identity = identity
        self.requests = 0
        self.refused = 0

    def answer(self, rx, at, n, tx, to, writer):
        """The reply to the PDU rx[at:at+n] is laid into tx[to:]; returns its length, 2 to 253.

        writer: whether this client may write.
        """
        self.requests += 1
        function = rx[at]
        length = -ILLEGAL_FUNCTION
        if READ_COILS <= function <= READ_INPUT_REGISTERS:
            length = self._read(rx, at, n, tx, to)
        elif function == ENCAPSULATED:
            from pole.protocol import modbus_identity

            length = modbus_identity.answer(self._identity, rx, at, n, tx, to)
            seldom.forget(modbus_identity)
        elif writer and function in _WRITES:
            from pole.protocol import modbus_writes

            length = modbus_writes.answer(self.image, rx, at, n, tx, to)
            seldom.forget(modbus_writes)
        if length > 0:
            tx[to] = function
            return length
        self.refused += 1
        tx[to] = function | 0x80
        tx[to + 1] = -length
        return 2

    def _read(self, rx, at, n, tx, to):
        """Functions 1 to 4: the length of the reply, or minus the exception code."""
        if n != 5:
            return -ILLEGAL_VALUE
        function, start, count = rx[at], rx[at + 1] << 8 | rx[at + 2], rx[at + 3] << 8 | rx[at + 4]
        if function <= READ_DISCRETE_INPUTS:
            if not 1 <= count <= MOST_BITS:
                return -ILLEGAL_VALUE
            code = self.image.read_bits(tx, to + 2, function == READ_COILS, start, count)
            size = count + 7 >> 3
        else:
            if not 1 <= count <= MOST_REGISTERS:
                return -ILLEGAL_VALUE
            code = self.image.read(tx, to + 2, function == READ_HOLDING_REGISTERS, start, count)
            size = count << 1
        tx[to + 1] = size
        return -code if code else 2 + size
