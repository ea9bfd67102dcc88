"""What a port prints by itself. Source: esptool documentation, "Boot Log"; MicroPython shared/runtime/pyexec.c."""

_ROM = {
    "power": "rst:0x1 (POWERON_RESET)",
    "hard": "rst:0xc (SW_CPU_RESET)",
    "watchdog": "rst:0x8 (TG1WDT_SYS_RESET)",
    "deepsleep": "rst:0x5 (DEEPSLEEP_RESET)",
}


def rom(cause: str, download: bool) -> bytes:
    """The first lines of an ESP32 after a reset."""
    boot = "boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))" if download else "boot:0x13 (SPI_FAST_FLASH_BOOT)"
    lines = ["ets Jul 29 2019 12:21:46", "", f"{_ROM[cause]},{boot}", "waiting for download" if download else ""]
    return "\r\n".join(lines).encode() + (b"\r\n" if download else b"")


def banner(version: str, machine: str) -> str:
    """The friendly REPL's greeting up to its prompt."""
    return f'{version}; {machine}\r\nType "help()" for more information.\r\n'


def panic(signal: int) -> bytes:
    """The VM died of a signal: a chip would have panicked."""
    return f"\r\nGuru Meditation Error: the interpreter died of signal {signal}\r\n\r\n".encode()
