"""From what a sensor says to what is true: straight lines between the points of a calibration, by integers only.

A point's lines come from the host as rows [end, x, y, dy, dx, c, digit], values in the point's scaled unit. A row
holds for readings up to `end`, the last one for all above; there
    true = y + ((reading - x) * dy + c) // dx
is the calibration's line, rounded half up: exact, so within half a unit of the point's last place. `digit`: so many bits
of a reading are multiplied at once that nothing leaves a board's 30-bit integers; 0: the table has ended, y counts.
A row with dx = 0 is one of an f32 point: y + (reading - x) * dy in floats.
"""

END, X, Y, DY, DX, C, DIGIT = range(7)


def row_of(rows, reading):
    """The row that holds for a reading."""
    for row in rows:
        if reading <= row[END]:
            break
    return row


def corrected(row, reading):
    """The true value by a row. Long division, a digit of `row[DIGIT]` bits at a time, mostly one: it allocates nothing."""
    digit, a = row[DIGIT], reading - row[X]  # four at once would be a tuple on the heap
    dx, dy = row[DX], row[DY]
    if not digit:
        return row[Y]
    if not dx:
        return row[Y] + a * dy
    limit, shift = 1 << digit, 0
    while not -limit <= a >> shift < limit:
        shift += digit
    part = (a >> shift) * dy
    whole, rest = part // dx, part % dx
    while shift:
        shift -= digit
        part = (rest << digit) + (a >> shift & limit - 1) * dy
        whole, rest = (whole << digit) + part // dx, part % dx
    return row[Y] + whole + (rest + row[C]) // dx
