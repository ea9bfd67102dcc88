"""What a Modbus server answers to a PDU, whatever line it came by.

Source: MODBUS Application Protocol V1.1b3, clauses 6.1 to 6.21 and 7; MODBUS Messaging on TCP/IP V1.0b (MBAP). A
write from somebody who may only read is refused with exception 01, as MODBUS/TCP Security does for a role that may
not (unconfirmed: from memory).
"""

from pole.codec.modbus import (
    ENCAPSULATED,
    ILLEGAL_ADDRESS,
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

_DEVICE_IDENTIFICATION = 14  # the MEI type of function 43
_REGULAR = 0x82  # conformity level: regular objects, as a stream and one by one
_MOST_TEXT = 244  # of one identification object: with 9 bytes before it, it must fit a PDU


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
            length = self._identify(rx, at, n, tx, to)
        elif writer and function in (WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS):
            length = self._write(rx, at, n, tx, to)
        elif writer and function == READ_WRITE_REGISTERS:
            length = self._read_write(rx, at, n, tx, to)
        if length > 0:
            tx[to] = function
            return length
        self.refused += 1
        tx[to] = function | 0x80
        tx[to + 1] = -length
        return 2

    # Each of these returns the length of the reply, or minus the exception code.

    def _read(self, rx, at, n, tx, to):
        """Functions 1 to 4."""
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

    def _write(self, rx, at, n, tx, to):
        """Functions 5, 6, 15 and 16: they answer with the address and the value or count."""
        if n < 5:
            return -ILLEGAL_VALUE
        function, start, count = rx[at], rx[at + 1] << 8 | rx[at + 2], rx[at + 3] << 8 | rx[at + 4]
        code = ILLEGAL_VALUE
        if function == WRITE_REGISTER:
            if n == 5:
                code = ILLEGAL_ADDRESS  # a single register is half a pair, and half a value is none
        elif function == WRITE_COIL:
            if n == 5 and (count == 0 or count == 0xFF00):
                code = self.image.write_coils(rx, at + 3, start, 1)
        elif n > 5 and n == 6 + rx[at + 5] and count:
            if function == WRITE_REGISTERS:
                if count <= 0x7B and rx[at + 5] == count << 1:
                    code = self.image.write(rx, at + 6, start, count)
            elif count <= 0x7B0 and rx[at + 5] == count + 7 >> 3:
                code = self.image.write_coils(rx, at + 6, start, count)
        for k in range(1, 5):
            tx[to + k] = rx[at + k]
        return -code if code else 5

    def _read_write(self, rx, at, n, tx, to):
        """Function 23 writes first, then reads (6.17). What cannot be read is not written either."""
        if n < 10 or n != 10 + rx[at + 9]:
            return -ILLEGAL_VALUE
        start, count = rx[at + 1] << 8 | rx[at + 2], rx[at + 3] << 8 | rx[at + 4]
        to_write, written = rx[at + 5] << 8 | rx[at + 6], rx[at + 7] << 8 | rx[at + 8]
        if not 1 <= count <= MOST_REGISTERS or not 1 <= written <= 0x79 or rx[at + 9] != 2 * written:
            return -ILLEGAL_VALUE
        image = self.image
        code = (
            image.read(tx, to + 2, True, start, count)
            or image.write(rx, at + 10, to_write, written)
            or image.read(tx, to + 2, True, start, count)
        )
        tx[to + 1] = 2 * count
        return -code if code else 2 + 2 * count

    def _identify(self, rx, at, n, tx, to):
        """Read device identification (6.21): objects as far as they fit; the next one is named when there are more."""
        if n < 2 or rx[at + 1] != _DEVICE_IDENTIFICATION:
            return -ILLEGAL_FUNCTION
        if n != 4 or not 1 <= rx[at + 2] <= 4:
            return -ILLEGAL_VALUE
        access, number = rx[at + 2], rx[at + 3]
        last = 3 if access == 1 else len(self._identity)
        if access == 4:
            if number >= last:
                return -ILLEGAL_ADDRESS
            last = number + 1
        elif number >= last:
            number = 0  # an unknown object restarts the stream (6.21)
        tx[to + 1] = _DEVICE_IDENTIFICATION
        tx[to + 2] = access
        tx[to + 3] = _REGULAR
        first, end = number, to + 7
        while number < last:
            text = self._identity[number].encode()[:_MOST_TEXT]
            if end + 2 + len(text) > to + MOST_PDU:
                break
            tx[end] = number
            tx[end + 1] = len(text)
            tx[end + 2 : end + 2 + len(text)] = text
            end += 2 + len(text)
            number += 1
        tx[to + 4] = 0xFF if number < last else 0  # more follows
        tx[to + 5] = number if number < last else 0
        tx[to + 6] = number - first
        return end - to
