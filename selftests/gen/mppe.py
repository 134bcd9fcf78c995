# SPDX-License-Identifier: GPL-2.0-or-later
"""MPPE for hand-made packets (RFC 3078 section 7, RFC 3079 section 3): a second
implementation, which shares nothing with the kernel's.  Imported by greinject.py.
"""
import hashlib
import itertools

# bits: octets that everybody knows
KNOWN = {40: b"\xd1\x26\x9e", 56: b"\xd1", 128: b""}


def rc4(key, text):
    """The text under the key's stream from its start."""
    s, j = list(range(256)), 0
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) & 255
        s[i], s[j] = s[j], s[i]
    i = j = 0
    out = bytearray()
    for octet in text:
        i = (i + 1) & 255
        j = (j + s[i]) & 255
        s[i], s[j] = s[j], s[i]
        out.append(octet ^ s[(s[i] + s[j]) & 255])
    return bytes(out)


def session_keys(bits, start):
    """The session keys after 0, 1, 2, ... changes, from the start key."""
    def interim(now):
        text = start + bytes(40) + now + b"\xf2" * 40
        return hashlib.sha1(text).digest()[:len(start)]

    def weaker(key):
        return KNOWN[bits] + key[len(KNOWN[bits]):]

    key = weaker(interim(start))
    while True:
        yield key
        new = interim(key)
        key = weaker(rc4(new, new))


def session_key(bits, start, changes):
    """The one after so many."""
    return next(itertools.islice(session_keys(bits, start), changes, None))


def seal(how, frame):
    """BITS:KEY:HEAD:CHANGES, a frame that begins with its protocol field."""
    bits, key, head, changes = how.split(":")
    session = session_key(int(bits), bytes.fromhex(key), int(changes, 0))
    return b"\x00\xfd" + int(head, 0).to_bytes(2, "big") + rc4(session, frame)
