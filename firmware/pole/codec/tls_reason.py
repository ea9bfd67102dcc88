"""Why TLS failed, in one way for OpenSSL and mbedTLS. Loaded when it did.

Sources: OpenSSL X509_verify_cert_error_string(3), mbedTLS x509_crt.c (X509_CRT_ERROR_INFO_LIST), RFC 8446 6.2.
"""

_WORDS = (  # a part of what they say -> what it means; the first that fits
    ("has expired", "the broker's certificate has expired"),
    ("starts in the future", "the broker's certificate is not valid yet"),
    ("not yet valid", "the broker's certificate is not valid yet"),
    ("Common Name", "the broker's certificate is for another name (server_name)"),
    ("ostname mismatch", "the broker's certificate is for another name (server_name)"),
    ("is not valid for", "the broker's certificate is for another name (server_name)"),
    ("not correctly signed", "the broker's certificate is not signed by ours (ca)"),
    ("signature failure", "the broker's certificate is not signed by ours (ca)"),
    ("self-signed", "the broker's certificate is not signed by ours (ca)"),
    ("self signed", "the broker's certificate is not signed by ours (ca)"),
    ("issuer certificate", "the broker's certificate is not signed by ours (ca)"),
    (
        "VERIFY_FAILED",
        "the broker's certificate is refused: expired, for another name, or not signed by ours",
    ),
    ("CERTIFICATE_REQUIRED", "the broker wants a certificate of ours (cert)"),
    ("CERTIFICATE_EXPIRED", "the broker says that our certificate has expired"),
    ("CERT_EXPIRED", "the broker says that our certificate has expired"),
    ("UNKNOWN_CA", "the broker does not trust who signed our certificate"),
    ("HANDSHAKE_FAILURE", "no way of encryption in common, or the broker refuses our certificate"),
    ("FATAL_ALERT", "the broker refuses our certificate, or has no way of encryption in common"),
    ("WRONG_VERSION", "the broker does not speak TLS at this port"),
    ("INVALID_RECORD", "the broker does not speak TLS at this port"),
)


def word(text):
    """What it means, with its own words behind; "" when it is not about TLS."""
    for part, said in _WORDS:
        if part in text:
            return "%s [%s]" % (said, text.strip()[:100])
    return ""
