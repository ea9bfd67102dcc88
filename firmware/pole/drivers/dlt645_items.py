"""What a DL/T 645 meter is asked for the points of a pole file. Loaded when a meter's driver is built.

Source: DL/T 645-2007, annex A (data identifiers). A request is a tuple: data identifier as on the wire, bytes of a
value, whether its top bit is a sign, places in the driver's `out` of the values that follow each other in the answer
(-1: not wanted), and, of a block, the single requests.
"""

from pole.errors import PoleError

# Point, data identifier as written in annex A, bytes, s for a sign in the top bit. All have their point's scale.
_ITEMS = (
    "|energy=00010000 4|energy_returned=00020000 4|energy_t1=00010100 4|energy_t2=00010200 4|energy_t3=00010300 4"
    "|energy_t4=00010400 4|reactive_energy=00030000 4|voltage_a=02010100 2|voltage_b=02010200 2|voltage_c=02010300 2"
    "|current_a=02020100 3s|current_b=02020200 3s|current_c=02020300 3s|current_n=02800001 3s|power=02030000 3s"
    "|power_a=02030100 3s|power_b=02030200 3s|power_c=02030300 3s|reactive_power=02040000 3s|apparent_power=02050000 3"
    "|power_factor=02060000 2s|frequency=02800002 2|demand=02800004 3s|temperature=02800007 2s|"
)
_STATUS = ("relay", "relay_actual", "status_word")  # they come with status word 3


def requests(items, blocks):
    """The requests of a round for `items`, names of points. `blocks`: phases and tariffs together. PoleError: unknown."""
    found = []
    for k, name in enumerate(items):
        if name not in _STATUS:
            _add(found, _single(name, k), blocks)
    return found


def _single(name, k):
    at = _ITEMS.find("|%s=" % name) + len(name) + 2
    if at < len(name) + 2:
        raise PoleError(0, name)
    number = _ITEMS[at : at + 8]
    di = bytes(int(number[j : j + 2], 16) for j in (6, 4, 2, 0))
    return di, int(_ITEMS[at + 9]), _ITEMS[at + 10] == "s", (k,), ()


def _add(found, one, blocks):
    for at, other in enumerate(found if blocks else ()):
        if _joins(one[0], other[0]):
            found[at] = _block((other[4] or (other,)) + (one,))
            return
    found.append(one)


def _joins(a, b):
    """May one block hold both? Phases (0201 to 0206) and tariffs (0000 to 0004) have blocks: annex A, DI1 = FF."""
    family = a[3] == 0 or a[3] == 2 and a[2] < 7
    return family and a[2:] == b[2:] and a[0] == b[0]


def _block(parts):
    di, n, signed, _, _ = parts[0]
    first = 1 if di[3] == 2 and di[2] < 3 else 0  # voltages and currents have no total
    places = [-1] * (max(part[0][1] for part in parts) - first + 1)
    for part in parts:
        places[part[0][1] - first] = part[3][0]
    return di[:1] + b"\xff" + di[2:], n, signed, places, parts
