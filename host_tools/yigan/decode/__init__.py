"""What the firmware's own codecs make of a file, on CPython here or on the MicroPython VM."""
