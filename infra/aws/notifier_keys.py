"""Makes the notifier's pair of keys for a deployment: `python -m infra.aws.notifier_keys` prints two parameters."""

from __future__ import annotations

from chalicelib.sealing import new_keys

if __name__ == "__main__":
    public, private = new_keys()
    print(f"NotifierPublicKey={public}\nNotifierPrivateKey={private}")
