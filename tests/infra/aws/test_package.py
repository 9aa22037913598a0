"""An incomplete or oversized package is an error, not a surprise in production."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from infra.aws import complete
from infra.aws.complete import IncompletePackage, check
from infra.aws.package import build
from infra.aws.repack import is_needed, repack


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


def source_distribution(directory: Path, *, wheel_tag: str) -> Path:
    """A source distribution of "fussy" whose wheel has this tag wherever it is built, with no compiler needed."""
    backend = f"""
import os, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "fussy-1.0-{wheel_tag}.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.writestr("fussy-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: fussy\\nVersion: 1.0\\n")
        wheel.writestr("fussy-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: {wheel_tag}\\n")
        wheel.writestr("fussy-1.0.dist-info/RECORD", "")
    return name
"""
    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: fussy\nVersion: 1.0\n",
        "backend.py": backend,
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    }
    path = directory / "fussy-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"fussy-1.0/{name}")
            entry.size = len(content.encode())
            archive.addfile(entry, io.BytesIO(content.encode()))
    return path


ANY, INTEL = "py3-none-any", "cp311-cp311-manylinux_2_17_x86_64"


def test_a_package_that_has_everything_passes(tmp_path: Path) -> None:
    made = package(tmp_path, psycopg=(ANY, ['psycopg-binary; extra == "binary"']), psycopg_binary=(INTEL, []))
    check(
        made,
        ["# comment", "", "psycopg[binary]==1.0", 'other==1; python_version < "3"', 'windows; os_name == "nt"'],
        architecture="x86_64",
    )


@pytest.mark.parametrize(
    ("distributions", "requirement", "message"),
    [
        ({}, "numpy==2.2.6", "numpy==2.2.6 is not in the package"),
        ({"psycopg": (ANY, ['psycopg-binary; extra == "binary"'])}, "psycopg[binary]", "psycopg-binary"),
        ({"a": (ANY, ["b>=1"])}, "a", "b>=1 is not in the package"),
        ({"numpy": ("cp311-cp311-manylinux_2_17_aarch64", [])}, "numpy", "not for x86_64"),
        ({"a": (ANY, [])}, "a==2.0", "a==2.0 is in the package as version 1.0"),
        ({"a": (ANY, ['b; sys_platform == "linux"'])}, "a", "b; sys_platform == .linux. is not in the package"),
        ({"boto3": (ANY, [])}, "boto3", "boto3 must not be in the package"),
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


def test_a_requirement_without_a_wheel_for_lambda_stops_the_build(tmp_path: Path) -> None:
    # given an app whose requirement can only be built for another system; Chalice leaves it out and says it is done
    sdist = source_distribution(tmp_path, wheel_tag="cp311-abi3-win_amd64")
    root = tmp_path / "project"
    (root / "chalicelib").mkdir(parents=True)
    (root / ".chalice").mkdir()
    (root / ".chalice" / "config.json").write_text('{"version": "2.0", "app_name": "small", "stages": {"dev": {}}}')
    (root / "app.py").write_text(
        "from chalice import Chalice\n\napp = Chalice('small')\n\n"
        "@app.lambda_function()\ndef migrate(event, context):\n    return {}\n"
    )
    (root / "requirements.txt").write_text(f"fussy @ {sdist.as_uri()}\n")

    with pytest.raises(IncompletePackage, match=r"fussy .* is not in the package: it has no wheel for Lambda"):
        build(tmp_path / "out", root=root)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("app.py", True),
        ("chalicelib/tests/kept.py", True),
        ("chalicelib/storage/postgres/migrations/0001_journey.sql", True),
        ("numpy/_core/tests/test_multiarray.py", False),
        ("numpy/random/lib/libnpyrandom.a", False),
        ("numpy/__init__.pyi", False),
        ("numpy/testing/__init__.py", True),
        ("numpy-2.2.6.dist-info/LICENSE.txt", True),
        ("numpy.libs/libscipy_openblas64_.so", True),
    ],
)
def test_what_no_function_reads_is_left_out_and_what_is_ours_is_kept(name: str, needed: bool) -> None:
    assert is_needed(name) is needed


def test_the_same_content_makes_the_same_package_whenever_it_was_built(tmp_path: Path) -> None:
    for which, year in (("one", 2020), ("two", 2024)):
        with zipfile.ZipFile(tmp_path / which, "w") as archive:
            for name in ("app.py", "chalicelib/a.py") if which == "one" else ("chalicelib/a.py", "app.py"):
                archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), name)
        repack(tmp_path / which, tmp_path / f"{which}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
