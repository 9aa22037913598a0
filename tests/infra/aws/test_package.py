"""An incomplete or oversized package is an error, not a surprise in production."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.aws import complete
from infra.aws.complete import IncompletePackage, check
from infra.aws.roles import STATEMENTS
from infra.aws.template import SIZES, finish


def package(directory: Path, **distributions: tuple[str, list[str]]) -> Path:
    """A zip with these distributions: name -> (wheel's tag, what it requires)."""
    path = directory / "deployment.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, (tag, requires) in distributions.items():
            lines = "".join(f"Requires-Dist: {each}\n" for each in requires)
            archive.writestr(
                f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{lines}"
            )
            archive.writestr(f"{name}-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
    return path


ANY, INTEL = "py3-none-any", "cp311-cp311-manylinux_2_17_x86_64"


def test_a_package_that_has_everything_passes(tmp_path: Path) -> None:
    made = package(tmp_path, psycopg=(ANY, ['psycopg-binary; extra == "binary"']), psycopg_binary=(INTEL, []))
    check(made, ["# comment", "psycopg[binary]==1.0", 'other==1; python_version < "3"'], architecture="x86_64")


@pytest.mark.parametrize(
    ("distributions", "requirement", "message"),
    [
        ({}, "numpy==2.2.6", "numpy==2.2.6 is not in the package"),
        ({"psycopg": (ANY, ['psycopg-binary; extra == "binary"'])}, "psycopg[binary]", "psycopg-binary"),
        ({"a": (ANY, ["b>=1"])}, "a", "b>=1 is not in the package"),
        ({"numpy": ("cp311-cp311-manylinux_2_17_aarch64", [])}, "numpy", "not for x86_64"),
    ],
)
def test_what_is_missing_or_built_for_another_processor_is_named(
    tmp_path: Path, distributions: dict[str, tuple[str, list[str]]], requirement: str, message: str
) -> None:
    made = package(tmp_path, **distributions)
    with pytest.raises(IncompletePackage, match=message):
        check(made, [requirement], architecture="x86_64")


def test_a_package_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complete, "MAX_UNZIPPED", 10)
    with pytest.raises(IncompletePackage, match="too large"):
        check(package(tmp_path, a=(ANY, [])), ["a"], architecture="x86_64")


def test_every_function_of_the_app_has_a_size_and_a_role() -> None:
    assert set(SIZES) == set(STATEMENTS)


def test_a_function_that_nobody_has_sized_is_an_error() -> None:
    template: dict[str, Any] = {"Resources": {"New": {"Type": "AWS::Serverless::Function", "Properties": {}}}}
    with pytest.raises(KeyError, match="New"):
        finish(template)


def test_no_policy_allows_everything(project: Path) -> None:
    text = json.dumps(STATEMENTS)
    assert '"Resource": "*"' not in text
    assert ':*"' not in text
