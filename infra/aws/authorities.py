"""The certificates that RDS's own are signed by: no system brings them, and without them verifying is impossible."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

FILE = "database-authorities.pem"
IN_LAMBDA = f"/var/task/{FILE}"
SECONDS = 30
LARGEST = 1_000_000


class NoAuthorities(Exception):
    """The certificates cannot be had; the message says why and what to do."""


def address(region: str) -> str:
    """Where AWS publishes a region's certificates."""
    return f"https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"


def authorities(source: str) -> bytes:
    """PEM certificates from a file or an https address. Raises NoAuthorities."""
    try:
        if source.startswith("https://"):
            with urllib.request.urlopen(source, timeout=SECONDS) as answer:  # noqa: S310 -- https only
                content: bytes = answer.read(LARGEST)
        else:
            content = Path(source).read_bytes()
        ssl.create_default_context(cadata=content.decode("ascii"))
    except (urllib.error.URLError, OSError) as error:
        raise NoAuthorities(
            f"The certificates of RDS cannot be read from {source}: {error}."
            " Download them elsewhere and name the file: AUTHORITIES=bundle.pem."
        ) from None
    except (UnicodeDecodeError, ValueError) as error:
        raise NoAuthorities(f"{source} does not hold PEM certificates: {error}.") from None
    return content


def are_in(package: Path) -> bool:
    """Whether a package brings them."""
    with zipfile.ZipFile(package) as archive:
        return FILE in archive.namelist()
