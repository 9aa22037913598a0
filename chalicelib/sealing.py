"""Sealed boxes: whoever holds the public key can put a secret in, only the notifier can take it out (NaCl)."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from chalicelib.domain.deliveries import DeliveryFailed, Failure
from chalicelib.domain.errors import Unavailable


class BoxSealer:
    """Seals with the public key."""

    def __init__(self, public_key: str) -> None:
        self._key = public_key

    def seal(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """The boxes by name, as base64. Raises Unavailable when no key is configured."""
        if not secrets:
            return {}
        if not self._key:
            raise Unavailable("Secrets cannot be kept: NOTIFIER_PUBLIC_KEY is not set.", retry_after=60)
        from nacl.public import PublicKey, SealedBox

        box = SealedBox(PublicKey(base64.b64decode(self._key)))
        return {name: base64.b64encode(box.encrypt(secret.encode())).decode() for name, secret in secrets.items()}


class BoxUnsealer:
    """Opens with the private key."""

    def __init__(self, private_key: str) -> None:
        self._key = private_key

    def open(self, sealed: Mapping[str, str]) -> dict[str, str]:
        """The secrets by name. Raises DeliveryFailed when they were sealed for another key."""
        if not sealed:
            return {}
        from nacl.exceptions import CryptoError
        from nacl.public import PrivateKey, SealedBox

        try:
            box = SealedBox(PrivateKey(base64.b64decode(self._key)))
            return {name: box.decrypt(base64.b64decode(each)).decode() for name, each in sealed.items()}
        except (CryptoError, ValueError, TypeError):
            raise DeliveryFailed(
                Failure.TRANSIENT, "The channel's secrets cannot be opened with NOTIFIER_PRIVATE_KEY; enter them again."
            ) from None


def new_keys() -> tuple[str, str]:
    """A new pair: public, private; base64."""
    from nacl.public import PrivateKey

    private = PrivateKey.generate()
    return base64.b64encode(bytes(private.public_key)).decode(), base64.b64encode(bytes(private)).decode()
