"""What somebody upstream writes by Modbus: registers and coils become requests to the store. Loaded when it happens.

Source: MODBUS Application Protocol V1.1b3, 6.5, 6.6, 6.11, 6.12, 6.17; the addresses are those of register_image.py.
"""

import struct

from pole import errors
from pole.codec.modbus import (
    BUSY,
    DEVICE_FAILURE,
    ILLEGAL_ADDRESS,
    ILLEGAL_VALUE,
    MOST_REGISTERS,
    READ_WRITE_REGISTERS,
    WRITE_COIL,
    WRITE_REGISTER,
    WRITE_REGISTERS,
)
from pole.protocol.register_image import BOOL, F32, FLOATS, I16, I32, QUALITIES


def answer(image, rx, at, n, tx, to):
    """The reply to the PDU rx[at:at+n] into tx[to:]: its length, or minus the exception code."""
    return (_read_write if rx[at] == READ_WRITE_REGISTERS else _write)(image, rx, at, n, tx, to)


def _write(image, rx, at, n, tx, to):
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
            code = write_coils(image, rx, at + 3, start, 1)
    elif n > 5 and n == 6 + rx[at + 5] and count:
        if function == WRITE_REGISTERS:
            if count <= 0x7B and rx[at + 5] == count << 1:
                code = write(image, rx, at + 6, start, count)
        elif count <= 0x7B0 and rx[at + 5] == count + 7 >> 3:
            code = write_coils(image, rx, at + 6, start, count)
    for k in range(1, 5):
        tx[to + k] = rx[at + k]
    return -code if code else 5


def _read_write(image, rx, at, n, tx, to):
    """Function 23 writes first, then reads (6.17). What cannot be read is not written either."""
    if n < 10 or n != 10 + rx[at + 9]:
        return -ILLEGAL_VALUE
    start, count = rx[at + 1] << 8 | rx[at + 2], rx[at + 3] << 8 | rx[at + 4]
    to_write, written = rx[at + 5] << 8 | rx[at + 6], rx[at + 7] << 8 | rx[at + 8]
    if not 1 <= count <= MOST_REGISTERS or not 1 <= written <= 0x79 or rx[at + 9] != 2 * written:
        return -ILLEGAL_VALUE
    code = (
        image.read(tx, to + 2, True, start, count)
        or write(image, rx, at + 10, to_write, written)
        or image.read(tx, to + 2, True, start, count)
    )
    tx[to + 1] = 2 * count
    return -code if code else 2 + 2 * count


def write(image, data, at, start, count):
    """Ask for `count` registers from `start`, laid in data[at:]: all of them or none. 0 or the code."""
    if start >= QUALITIES or start & 1 or count & 1:
        return ILLEGAL_ADDRESS  # half a pair is no value
    wanted = []
    for pair in range(count >> 1):
        i = image.store.by_id(((start & 0x3FFF) >> 1) + pair)
        if i < 0:
            return ILLEGAL_ADDRESS
        wanted.append((i, _decode(image, data, at + 4 * pair, i, start & FLOATS)))
    return _request(image.store, wanted)


def write_coils(image, data, at, start, count):
    """Ask for `count` coils from `start`, eight a byte in data[at:]: all of them or none. 0 or the code."""
    wanted = []
    for bit in range(count):
        i = image.store.by_id(start + bit)
        if i < 0 or image.store.kind(i) != BOOL:
            return ILLEGAL_ADDRESS
        wanted.append((i, data[at + (bit >> 3)] >> (bit & 7) & 1))
    return _request(image.store, wanted)


def _decode(image, data, at, i, as_float):
    """The raw value that four bytes mean for point i; None when they mean none that a point can hold."""
    four = bytes(data[at : at + 4])
    if image.swapped:
        four = four[2:] + four[:2]
    kind = image.store.kind(i)
    if not as_float and kind != F32:
        return struct.unpack(">i" if kind == I16 or kind == I32 else ">I", four)[0]
    value = struct.unpack(">f", four)[0]
    if kind != F32:
        value *= 10 ** image.store.decimals(i)
    if not -4.3e9 < value < 4.3e9:  # NaN too
        return None
    return value if kind == F32 else round(value)


def _request(store, wanted):
    """Permit all, then do all; what a point's owner refuses undoes what was done before it."""
    done = []
    try:
        for i, raw in wanted:
            store.permit(i, raw)
        for i, raw in wanted:
            before = store.raw(i)
            store.request(i, raw, "modbus")
            done.append((i, before))
    except errors.PoleError as error:
        for i, before in done:
            try:
                store.request(i, before, "modbus")
            except errors.PoleError:  # it could not be asked for either: what was done stays, and is seen
                pass
        return _code(error.code)
    return 0


def _code(error):
    """The exception code for a code of pole.errors."""
    if error == errors.READ_ONLY or error == errors.UNKNOWN_POINT:
        return ILLEGAL_ADDRESS
    if error == errors.OUT_OF_RANGE or error == errors.BAD_VALUE:
        return ILLEGAL_VALUE
    return BUSY if error == errors.OVERRIDDEN else DEVICE_FAILURE
