"""Who a user is, and what only two of them know: signatures, sealed messages, the keys of a call.

A user's identity is one Ed25519 key pair (RFC 8032); the public key, 32 octets, is what the directory tells contacts.
The same pair serves for key agreement: Ed25519's curve and X25519's are one curve in two forms, and RFC 7748 section
4.1 gives the map between them, so that no second key has to be published and signed.

    sealed     the sender's ephemeral X25519 key (32 octets), AES-256-GCM of (signature (64 octets), text)
    a call     two ephemeral keys, one in each side's signed message: HKDF-SHA256 (RFC 5869) over ee | es | se, where e
               is ephemeral and s the identity, the caller's first; the salt is SHA-256 of both signed messages. Who
               learns an identity's key later learns no call's

The first use of a key imports `cryptography`: the curves, HKDF and AES-GCM are its, not ours.
"""

from __future__ import annotations

from hashlib import sha256, sha512
from typing import NamedTuple

from catenet.nodes.application.rtp.keys import SALT, MasterKey
from catenet.nodes.machine import DecodeError, Entropy

__all__ = ["KEY_SIZE", "CallKeys", "Ephemeral", "Identity", "agree", "fingerprint", "parse_fingerprint"]

KEY_SIZE = 32
"""Octets of each key."""
_SIGNATURE = 64  # octets (RFC 8032 section 5.1.6)
_TAG = 16  # octets of AES-GCM's
_NONCE = bytes(12)  # each key seals one message
_MASTER = 16  # octets: AEAD_AES_128_GCM (RFC 7714 section 12)
_P = 2**255 - 19
_GROUPS, _GROUP, _DIGITS = 12, 5, 5  # of a fingerprint: groups, octets of which each is made, and digits of each


class Ephemeral:
    """An X25519 key pair of one call, or of one sealed message."""

    def __init__(self, octets: bytes) -> None:
        """`octets`: 32 that nobody can foresee."""
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        self._key = X25519PrivateKey.from_private_bytes(octets)
        self.public = self._key.public_key().public_bytes_raw()

    def exchange(self, public: bytes) -> bytes:
        """What only the two know.

        Raises:
            DecodeError: no key of a peer's: what comes of it is zero (RFC 7748 section 6.1).

        """
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

        try:
            return self._key.exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError:
            raise DecodeError("key", public.hex(), "not of a large order") from None


class Identity:
    """A user's key pair. It does not print it."""

    def __init__(self, seed: bytes) -> None:
        """`seed`: the 32 octets of RFC 8032 section 5.1.5."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()
        # The same secret scalar (RFC 8032 section 5.1.5, RFC 7748 section 5): X25519 clears and sets the same bits.
        self.agreement = Ephemeral(sha512(seed).digest()[:KEY_SIZE])

    def agrees_with(self, public: bytes) -> bool:
        """Whether that is an identity with which it can agree on keys: a point's, and of a large order."""
        try:
            self.agreement.exchange(montgomery(public))
        except DecodeError:
            return False
        return True

    def seal(self, text: bytes, to: bytes, entropy: Entropy) -> Sealed:
        """Sign a text, and hide it from all but who has the identity `to`.

        Raises:
            DecodeError: `to` is no key.

        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        signed = self._key.sign(text) + text
        ephemeral, theirs = Ephemeral(entropy(KEY_SIZE)), montgomery(to)
        key = _sealing_key(ephemeral.exchange(theirs), ephemeral.public, theirs)
        return Sealed(ephemeral.public + AESGCM(key).encrypt(_NONCE, signed, None), signed)

    def open(self, sealed: bytes, sender: bytes) -> tuple[bytes, bytes]:
        """→ the text that the identity `sender` has sealed for this one, and the same with its signature.

        Raises:
            DecodeError: it was sealed for another one, was changed, or another one has signed it.

        """
        from cryptography.exceptions import InvalidSignature, InvalidTag
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(sealed) < KEY_SIZE + _TAG + _SIGNATURE:
            raise DecodeError("sealed", len(sealed), "octets are too few")
        theirs = sealed[:KEY_SIZE]
        key = _sealing_key(self.agreement.exchange(theirs), theirs, self.agreement.public)
        try:
            signed = AESGCM(key).decrypt(_NONCE, sealed[KEY_SIZE:], None)
        except InvalidTag:
            raise DecodeError("sealed", len(sealed), "octets: for another one, or changed") from None
        signature, text = signed[:_SIGNATURE], signed[_SIGNATURE:]
        try:
            Ed25519PublicKey.from_public_bytes(sender).verify(signature, text)
        except (InvalidSignature, ValueError):
            raise DecodeError("signature", signature.hex(), f"is not by {sender.hex()}") from None
        return text, signed


class Sealed(NamedTuple):
    """`signed`: signature and text; of two of them the keys of a call are made."""

    octets: bytes
    signed: bytes


class CallKeys(NamedTuple):
    """A master key for each direction."""

    caller: MasterKey
    callee: MasterKey


def agree(
    own: Ephemeral, identity: Identity, ephemeral: bytes, peer: bytes, signed: tuple[bytes, bytes], *, calls: bool
) -> CallKeys:
    """The keys of a call. `ephemeral`, `peer`: the other side's ephemeral key and identity; `signed`: what the caller
    has signed, and what the callee has; `calls`: this side is the caller.

    Raises:
        DecodeError: a key of the peer's is none.

    """
    mixed = own.exchange(montgomery(peer)), identity.agreement.exchange(ephemeral)
    secret = own.exchange(ephemeral) + b"".join(mixed if calls else mixed[::-1])
    salt = sha256(sha256(signed[0]).digest() + sha256(signed[1]).digest()).digest()
    return CallKeys(_master(secret, salt, b"caller to callee"), _master(secret, salt, b"callee to caller"))


def fingerprint(one: bytes, other: bytes) -> str:
    """Of two identities, whoever of the two asks: 60 digits, in groups of five, for people to read to each other."""
    digest = sha512(b"".join(sorted((one, other)))).digest()
    groups = (digest[at : at + _GROUP] for at in range(0, _GROUPS * _GROUP, _GROUP))
    return " ".join(f"{int.from_bytes(group, 'big') % 10**_DIGITS:0{_DIGITS}}" for group in groups)


def parse_fingerprint(text: str) -> str:
    """What somebody has typed, as `fingerprint` gives it; blanks do not matter.

    Raises:
        ValueError: it is none.

    """
    digits = "".join(text.split())
    if len(digits) != _GROUPS * _DIGITS or not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"fingerprint {text[:80]!r} is not {_GROUPS * _DIGITS} digits")
    return " ".join(digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS))


def montgomery(public: bytes) -> bytes:
    """An Ed25519 public key as X25519's: u = (1 + y) / (1 - y) (RFC 7748 section 4.1).

    Raises:
        DecodeError: it is no key: the point at infinity, or y over the field's prime.

    """
    y = int.from_bytes(public, "little") & ((1 << 255) - 1)
    if len(public) != KEY_SIZE or y >= _P or y == 1:
        raise DecodeError("key", public.hex(), "is no point's")
    return ((1 + y) * pow(1 - y, -1, _P) % _P).to_bytes(KEY_SIZE, "little")


def _sealing_key(shared: bytes, ephemeral: bytes, to: bytes) -> bytes:
    return _hkdf(shared, ephemeral + to, b"catenet phone: sealed", 32)


def _master(secret: bytes, salt: bytes, direction: bytes) -> MasterKey:
    octets = _hkdf(secret, salt, b"catenet phone: " + direction, _MASTER + SALT)
    return MasterKey(octets[:_MASTER], octets[_MASTER:])


def _hkdf(secret: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), size, salt, info).derive(secret)
