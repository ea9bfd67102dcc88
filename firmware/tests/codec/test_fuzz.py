"""A sample of the mutated frames of fuzz.py for each codec; `make fuzz` feeds a million, and ten thousand each on the VM."""

import sys
import unittest

import fuzz
import fuzz_frames

NEEDS = ("sockets",)  # modules that only asyncio brings
_EACH = 400


class Sample(unittest.TestCase):
    def test_each_codec(self):
        for name in fuzz.TARGETS:
            _, grown = fuzz.run(name, _EACH, 8)
            if sys.implementation.name == "micropython":
                self.assertLess(grown, fuzz.MOST)

    def test_frames_are_mutated_and_many_are_whole(self):
        """A fuzz whose frames never come past the check proves little."""
        fuzz.random.seed(1)
        make, good, mend = fuzz.TARGETS["pms5003"]
        right = 0
        for _ in range(300):
            frame = fuzz.mutated(good)
            if len(frame) == 32:
                mend(frame)
                right += fuzz_frames.sum16(frame[:30]) == bytes(frame) and bytes(frame) != good[0]
        self.assertGreater(right, 30)


if __name__ == "__main__":
    unittest.main()
