"""MicroPython images: what a file is (`read`), and the store on this laptop (`store`).

image, new = store.add(Path("ESP32_GENERIC-20250911-v1.26.1.bin"))
image.facts.chip, image.facts.version, image.sha256, image.data()
"""

from yigan.images.reader import Facts, facts, read
from yigan.images.store import Image

__all__ = ["Facts", "Image", "facts", "read"]
