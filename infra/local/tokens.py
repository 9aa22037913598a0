"""The stack's own tokens: kept in files, used again as long as the service accepts them, else minted anew."""

from __future__ import annotations

import http.client
from collections.abc import Collection, Sequence
from pathlib import Path

from infra.local import private_file
from infra.local.container_process import Container
from infra.local.failures import StackError

_SECONDS = 3.0


def status_of(port: int, path: str, token: str | None = None) -> int | None:
    """The status that the API answers a GET with; None when it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def token(file: Path, name: str, scopes: Sequence[str], port: int, container: Container) -> str:
    """The token kept in the file if it still has its scopes, else a new one, kept from now on.

    Raises StackError when the service can tell neither way.
    """
    kept = private_file.read(file)
    if kept is not None and _is_accepted(kept, scopes, port):
        return kept
    minted: str = container.call("app.mint_token", {"name": name, "scopes": list(scopes)})["token"]
    private_file.write(file, minted)
    return minted


def _is_accepted(kept: str, scopes: Collection[str], port: int) -> bool:
    """Listing tokens is an administrator's: any other token that is known is answered 403, an unknown one 401."""
    status = status_of(port, "/api/monitoring/tokens", kept)
    if status not in (200, 401, 403):
        raise StackError(f"The service does not say whether its tokens are known: {status or 'no answer'}.")
    return status == 200 or (status == 403 and "admin" not in scopes)
