"""The template as a text to compare: `python -m tests.infra.aws.template_snapshot` writes it anew."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from infra.aws.package import TEMPLATE, build

SNAPSHOT = Path(__file__).parent / "template_snapshot.json"


def shown(template: dict[str, Any]) -> str:
    """The template without what changes with every commit or machine: code, processor, and the API's paths."""
    resources = template["Resources"]
    resources["RestAPI"]["Properties"]["DefinitionBody"] = "the routes: docs/api.md"
    resources["Migrations"]["Properties"]["Code"] = "digest of the package"
    resources["RunMigrations"]["Properties"]["Code"] = "infra/aws/run_migrations.py"
    for resource in resources.values():
        if "Architectures" in resource.get("Properties", {}):
            resource["Properties"]["Architectures"] = ["arm64"]
            resource["Properties"].pop("Tags", None)
            resource["Properties"]["Runtime"] = "that of the building Python"
    return json.dumps(template, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the snapshot."""
    with tempfile.TemporaryDirectory() as directory:
        build(Path(directory))
        SNAPSHOT.write_text(shown(json.loads((Path(directory) / TEMPLATE).read_text())))


if __name__ == "__main__":
    main()
