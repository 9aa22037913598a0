"""The AWS emulator that deploys the real package, in its own virtual environment; or what AWS_ENDPOINT_URL names."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from infra.aws.account import Account
from infra.local.ports import free_port

START_WITHIN = 60.0


def python_of(project: Path, environment: str, requirements: str) -> Path:
    """The Python of a virtual environment that holds these requirements; made when it is missing or has others."""
    folder = project / environment
    wanted = hashlib.sha256((project / requirements).read_bytes()).hexdigest()
    # Beside the folder, not in it: making the environment clears the folder.
    with folder.with_name(f"{environment}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / ".requirements"
        if not stamp.exists() or stamp.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*command, "-r", str(project / requirements)], check=True)
            stamp.write_text(wanted)
    return folder / "bin" / "python"


@contextmanager
def emulator(project: Path, directory: Path) -> Iterator[str]:
    """The address of a running emulator."""
    if given := os.environ.get("AWS_ENDPOINT_URL"):
        yield given
        return
    python = python_of(project, ".venv-emulator", "requirements-emulator.txt")
    port = free_port()
    environment = {
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",  # given on to the functions, as LocalStack does
        "S3_DATA_DIR": str(directory / "s3"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with (directory / "emulator.log").open("w") as log:
        process = subprocess.Popen(
            [python.parent / "ministack"], env=environment, cwd=directory, stdout=log, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/_ministack/health", process, directory / "emulator.log")
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_WITHIN
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)


def client_of(endpoint: str, service: str) -> Any:
    """A boto3 client of the emulator at an address."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


class _Session:
    """What makes an account's clients, at the emulator."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def client(self, service: str, region_name: str) -> Any:
        return client_of(self._endpoint, service)


def account_at(endpoint: str) -> Account:
    """The emulator's account, as deployments know one."""
    return Account(_Session(endpoint), "000000000000", "us-east-1")
