import unittest

from pole.codec.tls_reason import word


class Words(unittest.TestCase):
    def test_each_has_its_own_line(self):
        said = [
            word("The certificate validity has expired"),
            word("The certificate validity starts in the future"),
            word("The certificate Common Name (CN) does not match with the expected CN"),
            word("The certificate is not correctly signed by the trusted CA"),
            word("tlsv13 alert certificate required [SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED]"),
        ]
        starts = ("has expired", "not valid yet", "another name", "not signed by ours", "wants a certificate")
        for text, start in zip(said, starts):
            self.assertTrue(start in text, text)
        self.assertEqual(len(set(said)), 5)

    def test_both_libraries_say_the_same(self):
        for openssl, mbedtls in (
            ("certificate has expired", "The certificate validity has expired"),
            ("certificate is not yet valid", "The certificate validity starts in the future"),
            ("Hostname mismatch, certificate is not valid for 'x'.", "does not match Common Name (CN)"),
            ("unable to get local issuer certificate", "is not correctly signed by the trusted CA"),
        ):
            self.assertEqual(word(openssl).split(" [")[0], word(mbedtls).split(" [")[0])

    def test_what_is_no_matter_of_tls(self):
        self.assertEqual(word("[Errno 111] ECONNREFUSED"), "")


if __name__ == "__main__":
    unittest.main()
