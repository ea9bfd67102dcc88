# `flashbdev` of the ESP32 port: the block device that its _boot.py mounts.
bdev = None


def setup(device):
    global bdev
    bdev = device
    del globals()["setup"]
