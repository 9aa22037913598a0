"""Answers packed with gzip, for callers who say that they take bytes.

API Gateway makes bytes of what a function answers only if the *first* type of the request's Accept is among the API's
binary types; to all others it would hand base64. So an answer is packed where Accept begins with one: the dashboard's
calls do, a browser's own requests and other programs do not, and get their answers as they always were.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

from chalice.app import Request, Response

TAKES_BYTES = "application/octet-stream"
_LEAST = 1_400  # characters; what fits one packet travels no faster
_LEVEL = 5
_AS_GZIP = 16 + zlib.MAX_WBITS


class Packed(Response):
    """An answer whose body is packed; its Content-Type stays that of what is in it."""

    def to_dict(self, binary_types: list[str] | None = None) -> dict[str, Any]:
        """What the function answers: Chalice would write base64 for binary types only."""
        answer: dict[str, Any] = super().to_dict(None)
        body = base64.b64encode(answer["body"]).decode("ascii")
        return {**answer, "body": body, "isBase64Encoded": True}


def pack(request: Request, response: Response) -> Response:
    """The response, packed if its caller takes that and it is worth it."""
    body = response.body
    if not isinstance(body, str) or len(body) < _LEAST or not _takes(request):
        return response
    varies = f"{response.headers['Vary']}, Accept-Encoding" if "Vary" in response.headers else "Accept-Encoding"
    headers = {**response.headers, "Content-Encoding": "gzip", "Vary": varies}
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _AS_GZIP)
    return Packed(packer.compress(body.encode()) + packer.flush(), headers, response.status_code)


def _takes(request: Request) -> bool:
    first = request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip()
    encodings = request.headers.get("accept-encoding", "").lower().split(",")
    return first == TAKES_BYTES and any(each.strip() in ("gzip", "gzip;q=1.0", "*") for each in encodings)
