# The file system's flash: read from the image directly, written by the board process, which models NOR.
import _hub

BLOCK = 4096


class Flash:
    def __init__(self, **kw):
        self._image = _image
        self._size = _size

    def readblocks(self, block, buf, offset=0):
        self._image.seek(block * BLOCK + offset)
        self._image.readinto(buf)

    def writeblocks(self, block, buf, offset=None):
        if offset is None:  # the simple interface erases by itself
            for n in range(len(buf) // BLOCK):
                _hub.call(_hub.ERASE, 0, block + n)
            offset = 0
        _hub.call(_hub.PROGRAM, 0, block * BLOCK + offset, buf)

    def ioctl(self, op, arg):
        if op == 4:
            return self._size // BLOCK
        if op == 5:
            return BLOCK
        if op == 6:
            _hub.call(_hub.ERASE, 0, arg)
            return 0


def setup(facts):
    global _image, _size
    _image = _hub.stream("flash")
    _size = facts["size"]
