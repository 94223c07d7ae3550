"""Files encrypted with a passphrase: written as they come, read from any place, and no missing end goes unseen.

Header (magic, log₂ of scrypt's n, salt, check of the key), then chunks under AES-256-GCM. A chunk's nonce is its number
and whether it is the last one; the header is authenticated with every chunk.
"""

from __future__ import annotations

import hmac
import io
import os
import struct
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"examengine encrypted 1\n"
CHUNK = 256 * 1024
_TAG = 16
_COST = 17  # scrypt n = 2¹⁷, r = 8: 128 MiB and some tenths of a second for each guess
_MOST_COST = 20  # a hostile header must not ask for more memory than a machine has
_HEADER = struct.Struct(f">{len(MAGIC)}sB16s16s")


class WrongPassphrase(Exception):
    """The passphrase is not the one that the file was encrypted with."""


class Damaged(Exception):
    """The file was changed, or its end is missing."""


def is_encrypted(file: IO[bytes]) -> bool:
    """Whether `file` begins as an encrypted one; the place in it stays as it was."""
    place = file.tell()
    found = file.read(len(MAGIC))
    file.seek(place)
    return found == MAGIC


def _keys(passphrase: str, salt: bytes, cost: int) -> tuple[AESGCM, bytes]:
    made = Scrypt(salt=salt, length=48, n=2**cost, r=8, p=1).derive(passphrase.encode())
    return AESGCM(made[:32]), made[32:]


def _nonce(number: int, last: bool) -> bytes:
    return struct.pack(">QI", number, last)


class Encrypting(io.RawIOBase):
    """Writes to `file` what is written here. Only `finish` makes it whole; closing does not."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        salt = os.urandom(16)
        self._cipher, check = _keys(passphrase, salt, _COST)
        self._header = _HEADER.pack(MAGIC, _COST, salt, check)
        self._file, self._number, self._left = file, 0, bytearray()
        file.write(self._header)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._left += data
        while len(self._left) > CHUNK:  # a full chunk may be the last one still
            self._put(bytes(self._left[:CHUNK]), False)
            del self._left[:CHUNK]
        return len(data)

    def finish(self) -> None:
        """Write the last chunk."""
        self._put(bytes(self._left), True)
        self._left.clear()

    def _put(self, chunk: bytes, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), chunk, self._header))
        self._number += 1


class Decrypting(io.RawIOBase):
    """Reads what Encrypting wrote. Raises WrongPassphrase at once and Damaged where the damage is met."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        self._file = file
        file.seek(0)
        self._header = file.read(_HEADER.size)
        if len(self._header) < _HEADER.size:
            raise Damaged
        magic, cost, salt, check = _HEADER.unpack(self._header)
        if magic != MAGIC or not 1 <= cost <= _MOST_COST:
            raise Damaged
        self._cipher, expected = _keys(passphrase, salt, cost)
        if not hmac.compare_digest(check, expected):
            raise WrongPassphrase
        body = file.seek(0, os.SEEK_END) - _HEADER.size
        self._chunks = -(-body // (CHUNK + _TAG))
        if self._chunks < 1 or body - (self._chunks - 1) * (CHUNK + _TAG) < _TAG:
            raise Damaged
        self._size = body - self._chunks * _TAG
        self._place = 0
        self._number, self._chunk = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        if self._place >= self._size:
            return 0
        number, start = divmod(self._place, CHUNK)
        part = self._read(number)[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)

    def check(self) -> None:
        """Read every chunk. Raises Damaged."""
        for number in range(self._chunks):
            self._read(number)

    def _read(self, number: int) -> bytes:
        if number != self._number:
            self._file.seek(_HEADER.size + number * (CHUNK + _TAG))
            sealed = self._file.read(CHUNK + _TAG)
            try:
                nonce = _nonce(number, number == self._chunks - 1)
                self._chunk = self._cipher.decrypt(nonce, sealed, self._header)
            except InvalidTag:
                raise Damaged from None
            self._number = number
        return self._chunk
