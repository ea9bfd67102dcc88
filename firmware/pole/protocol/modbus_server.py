"""What a Modbus server answers to a PDU, whatever line it came by.

Source: MODBUS Application Protocol V1.1b3, clauses 6.1 to 6.21 and 7. A write from somebody who may only read is
refused with exception 01, as MODBUS/TCP Security does for a role that may not (unconfirmed: from memory).
"""

from pole.codec import modbus
from pole.codec.modbus import ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE, put_word, word

_DEVICE_IDENTIFICATION = 14  # the MEI type of function 43
_REGULAR = 0x82  # conformity level: regular objects, as a stream and one by one
_MOST_TEXT = 244  # of one identification object: with 9 bytes before it, it must fit a PDU


class ModbusServer:
    """image: a protocol.register_image. identity: texts of objects 0 to 6 (vendor, product code, revision, vendor
    URL, product name, model, application name).

    `requests` and `refused` (exception replies) count.
    """

    def __init__(self, image, identity):
        self.image = image
        self._objects = [text.encode()[:_MOST_TEXT] for text in identity]
        self.requests = 0
        self.refused = 0
        self._table = {
            modbus.READ_COILS: self._read_bits,
            modbus.READ_DISCRETE_INPUTS: self._read_bits,
            modbus.WRITE_COIL: self._write_coil,
            modbus.WRITE_REGISTER: self._write_register,
            modbus.WRITE_COILS: self._write_coils,
            modbus.WRITE_REGISTERS: self._write_registers,
            modbus.READ_WRITE_REGISTERS: self._read_write,
            modbus.ENCAPSULATED: self._identify,
        }

    def answer(self, rx, at, n, tx, to, writer):
        """The reply to the PDU rx[at:at+n] is laid into tx[to:]; returns its length, 2 to 253.

        writer: whether this client may write.
        """
        function = rx[at]
        self.requests += 1
        if function == modbus.READ_HOLDING_REGISTERS or function == modbus.READ_INPUT_REGISTERS:
            length = self._read(rx, at, n, tx, to)
        else:
            act = self._table.get(function)
            length = act(rx, at, n, tx, to, writer) if act else -ILLEGAL_FUNCTION
        if length > 0:
            tx[to] = function
            return length
        self.refused += 1
        modbus.put_exception(tx, to, function, -length)
        return 2

    # Each of these returns the length of the reply, or minus the exception code.

    def _read(self, rx, at, n, tx, to):
        count = word(rx, at + 3) if n == 5 else 0
        if not 1 <= count <= modbus.MOST_REGISTERS:
            return -ILLEGAL_VALUE
        code = self.image.read(tx, to + 2, rx[at] == modbus.READ_HOLDING_REGISTERS, word(rx, at + 1), count)
        tx[to + 1] = count << 1
        return -code if code else 2 + (count << 1)

    def _read_bits(self, rx, at, n, tx, to, writer):
        count = word(rx, at + 3) if n == 5 else 0
        if not 1 <= count <= modbus.MOST_BITS:
            return -ILLEGAL_VALUE
        code = self.image.read_bits(tx, to + 2, rx[at] == modbus.READ_COILS, word(rx, at + 1), count)
        tx[to + 1] = count + 7 >> 3
        return -code if code else 2 + tx[to + 1]

    def _write_coil(self, rx, at, n, tx, to, writer):
        if not writer:
            return -ILLEGAL_FUNCTION
        if n != 5 or rx[at + 3] not in (0, 0xFF) or rx[at + 4]:
            return -ILLEGAL_VALUE
        return self._echo(rx, at, tx, to, self.image.write_coils(rx, at + 3, word(rx, at + 1), 1))

    def _write_register(self, rx, at, n, tx, to, writer):
        """A single register is half a pair, and half a value is none."""
        if not writer:
            return -ILLEGAL_FUNCTION
        return -ILLEGAL_ADDRESS if n == 5 else -ILLEGAL_VALUE

    def _write_coils(self, rx, at, n, tx, to, writer):
        if not writer:
            return -ILLEGAL_FUNCTION
        count = word(rx, at + 3) if n >= 6 else 0
        if not 1 <= count <= 0x7B0 or rx[at + 5] != count + 7 >> 3 or n != 6 + rx[at + 5]:
            return -ILLEGAL_VALUE
        return self._echo(rx, at, tx, to, self.image.write_coils(rx, at + 6, word(rx, at + 1), count))

    def _write_registers(self, rx, at, n, tx, to, writer):
        if not writer:
            return -ILLEGAL_FUNCTION
        count = word(rx, at + 3) if n >= 6 else 0
        if not 1 <= count <= 0x7B or rx[at + 5] != 2 * count or n != 6 + 2 * count:
            return -ILLEGAL_VALUE
        return self._echo(rx, at, tx, to, self.image.write(rx, at + 6, word(rx, at + 1), count))

    def _read_write(self, rx, at, n, tx, to, writer):
        """Function 23 writes first, then reads (6.17). What cannot be read is not written either."""
        if not writer:
            return -ILLEGAL_FUNCTION
        if n < 10:
            return -ILLEGAL_VALUE
        read, count = word(rx, at + 1), word(rx, at + 3)
        written = word(rx, at + 7)
        if not 1 <= count <= modbus.MOST_REGISTERS or not 1 <= written <= 0x79:
            return -ILLEGAL_VALUE
        if rx[at + 9] != 2 * written or n != 10 + 2 * written:
            return -ILLEGAL_VALUE
        code = self.image.read(tx, to + 2, True, read, count)
        code = code or self.image.write(rx, at + 10, word(rx, at + 5), written)
        code = code or self.image.read(tx, to + 2, True, read, count)
        tx[to + 1] = 2 * count
        return -code if code else 2 + 2 * count

    def _echo(self, rx, at, tx, to, code):
        """Functions 5, 15 and 16 answer with the address and the value or count."""
        for k in range(1, 5):
            tx[to + k] = rx[at + k]
        return -code if code else 5

    def _identify(self, rx, at, n, tx, to, writer):
        """Read device identification (6.21)."""
        if n < 2 or rx[at + 1] != _DEVICE_IDENTIFICATION:
            return -ILLEGAL_FUNCTION
        if n != 4 or not 1 <= rx[at + 2] <= 4:
            return -ILLEGAL_VALUE
        access, first = rx[at + 2], rx[at + 3]
        last = (3, len(self._objects), len(self._objects), first + 1)[access - 1]
        if first >= last or first >= len(self._objects):
            if access == 4:
                return -ILLEGAL_ADDRESS
            first = 0  # an unknown object restarts the stream (6.21)
        return self._stream(tx, to, access, first, last)

    def _stream(self, tx, to, access, first, last):
        """Objects from `first` as far as they fit; the next one is named when there are more."""
        end = to + 7
        number = first
        while number < last:
            text = self._objects[number]
            if end + 2 + len(text) > to + modbus.MOST_PDU:
                break
            tx[end] = number
            tx[end + 1] = len(text)
            tx[end + 2 : end + 2 + len(text)] = text
            end += 2 + len(text)
            number += 1
        more = number < last
        tx[to + 1] = _DEVICE_IDENTIFICATION
        tx[to + 2] = access
        tx[to + 3] = _REGULAR
        put_word(tx, to + 4, 0xFF00 | number if more else 0)
        tx[to + 6] = number - first
        return end - to
