"""What a chip does before any program runs: the ESP32 family's serial loader, the RP2's UF2 drive, and booting.

Pure: bytes in, bytes and what else follows out; no I/O, no time. `yigan.twin.board.bootrom` wires it to a board.
Sources: Espressif's serial protocol (docs of esptool, "Serial Protocol") and the register maps of the three
technical reference manuals; microsoft/uf2 README; RP2040 data sheet 2.8. Facts marked † are not confirmed.
"""
