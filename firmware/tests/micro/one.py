"""Run one test file by its path under firmware/tests: `micropython one.py codec/test_nmea.py sockets,files DIR`."""

import sys

import unittest


def run(path, provides, tests):
    folder, _, name = path[:-3].rpartition("/")
    # The file's own folder, as pytest does; after `pole`, so that no test hides a module of the firmware.
    sys.path.append(tests + "/" + folder)
    unittest.run(__import__(name), provides.split(","))


if __name__ == "__main__":
    run(*sys.argv[1:])
