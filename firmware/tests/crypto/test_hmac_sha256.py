import binascii
import unittest

from pole.crypto.hmac_sha256 import Key, equal

# RFC 4231, 4.2 to 4.8
VECTORS = (
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
)  # fmt: skip


class Signed(unittest.TestCase):
    def test_vectors(self):
        for key, message, digest in VECTORS:
            self.assertEqual(binascii.hexlify(Key(key).sign(memoryview(message))).decode(), digest)

    def test_equal(self):
        self.assertTrue(equal(b"abc", b"abc"))
        self.assertFalse(equal(b"abc", b"abd") or equal(b"abc", b"ab"))
