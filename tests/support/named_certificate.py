"""Certificates that hold nothing but names, odd ones among them, for tests of who speaks for what. Nobody signed them, so
they are good for tests that look at names alone."""

import base64
import ipaddress

# The generator of P-256: a public key like any other, whose private key is 1.
_KEY = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"
                     "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                     "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_COMMON_NAME = bytes.fromhex("0603550403")
_ALTERNATIVE_NAME = bytes.fromhex("0603551d11")


def _der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _sequence(*parts):
    return _der(0x30, *parts)


def _address(text):
    """192.0.2.1, ::1, or x and the octets in hex."""
    return bytes.fromhex(text[1:]) if text.startswith("x") else ipaddress.ip_address(text).packed


def certificate_with(cn=None, dns=(), ip=(), email=()):
    """As PEM."""
    subject = _sequence(*([] if cn is None else [_der(0x31, _sequence(_COMMON_NAME, _der(0x0C, cn.encode())))]))
    names = _sequence(*(_der(0x82, n.encode()) for n in dns), *(_der(0x87, _address(n)) for n in ip),
                      *(_der(0x81, n.encode()) for n in email))
    extensions = [_der(0xA3, _sequence(_sequence(_ALTERNATIVE_NAME, _der(0x04, names))))] if len(names) > 2 else []
    validity = _sequence(_der(0x17, b"200101000000Z"), _der(0x17, b"491231235959Z"))
    issuer = _sequence(_der(0x31, _sequence(_COMMON_NAME, _der(0x0C, b"nobody"))))
    to_be_signed = _sequence(bytes.fromhex("a003020102"), bytes.fromhex("020101"), _ECDSA_WITH_SHA256, issuer, validity, subject, _KEY,
                             *extensions)
    signature = _der(0x03, b"\0", _sequence(bytes.fromhex("020101"), bytes.fromhex("020101")))
    text = base64.encodebytes(_sequence(to_be_signed, _ECDSA_WITH_SHA256, signature)).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"
