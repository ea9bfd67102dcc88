"""Ethernet by a chip on SPI or by the ESP32's own MAC, as the board has it (its [part.ethernet])."""

import machine
import network

from pole.hal.interface import Interface as Base


class Interface(Base):
    """`spec`: `chip` (a PHY_ constant of `network` without its prefix) and its pins, from the board's file."""

    def __init__(self, spec, say):
        if "reset" in spec:  # W5500 data sheet 5.5.1: low for 500 us at least; the driver waits after it
            machine.Pin(spec["reset"], machine.Pin.OUT, value=0)
            machine.Pin(spec["reset"], machine.Pin.OUT, value=1)
        kind = getattr(network, "PHY_" + spec["chip"])
        if "spi" in spec:
            spi = machine.SPI(spec["spi"], baudrate=20000000, sck=machine.Pin(spec["sck"]),
                              mosi=machine.Pin(spec["mosi"]), miso=machine.Pin(spec["miso"]))  # fmt: skip
            wires = {"spi": spi, "cs": machine.Pin(spec["cs"]), "int": machine.Pin(spec["irq"])}
        else:
            wires = {"mdc": machine.Pin(spec["mdc"]), "mdio": machine.Pin(spec["mdio"])}
        wires["phy_addr"] = spec.get("phy_addr", 0 if "spi" in spec else 1)
        nic = network.LAN(0, phy_type=kind, **wires)  # type: ignore  # the stubs know no wires, RP2 no LAN
        Base.__init__(self, nic, spec, say)
