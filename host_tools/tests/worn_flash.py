"""A flash that counts the erases of each block, under littlefs as MicroPython's images set it up."""

from littlefs import LittleFS
from nor import Nor

# What MicroPython's images format with: (program size, cache). ESP32 takes the defaults, RP2 asks for 256.
IMAGES = {"esp32": (32, 128), "rp2": (256, 1024)}
ENDURANCE = 100_000  # erases of a block; W25Q32JV data sheet, features


class Counted(Nor):
    """Counts the erases of each block; littlefs as an image of MicroPython's sets it up."""

    def __init__(self, prog, cache, blocks=64):
        super().__init__(blocks)
        self.prog_size, self.cache = prog, cache
        self.erases = [0] * blocks

    def erase(self, cfg, block):
        self.erases[block] += 1
        return super().erase(cfg, block)

    def mount(self, fresh=False):
        fs = LittleFS(
            context=self, block_size=self.block_size, block_count=self.blocks, prog_size=self.prog_size,
            read_size=self.prog_size, cache_size=self.cache, lookahead_size=32, block_cycles=100, mount=False,
        )  # fmt: skip
        if fresh:
            fs.format()
        fs.mount()
        return fs
