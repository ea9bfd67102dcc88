# `rp2` of a board.


def bootsel_button():
    return 0


class Flash:
    pass


def setup(facts, device):
    global Flash
    Flash = device
    if facts["radio"]:
        import network_

        globals()["country"] = network_.country
    del globals()["setup"]
