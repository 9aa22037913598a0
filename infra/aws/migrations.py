"""The part of the stack that brings the schema up to date while it is deployed, before new code takes traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

MIGRATE, RUN, RESOURCE = "Migrate", "RunMigrations", "Migrations"
RUN_SECONDS = 330  # longer than Migrate's own limit, so that its failure is still told
_SOURCE = Path(__file__).parent / "run_migrations.py"


def resources(*, runtime: str, architecture: str, role: Any, logging: Any, code: str) -> dict[str, Any]:
    """The custom resource and the function that answers for it.

    Whatever else runs the package depends on RESOURCE. `code` tells the packages apart: CloudFormation calls the
    function again only when a property of its resource changed.
    """
    return {
        # Not a serverless function: it shall not get the addresses and passwords that those all get.
        RUN: {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Architectures": [architecture],
                "Code": {"ZipFile": _SOURCE.read_text()},
                "Handler": "index.handler",
                "LoggingConfig": logging,
                "MemorySize": 256,
                "Role": role,
                "Runtime": runtime,
                "Timeout": RUN_SECONDS,
            },
        },
        RESOURCE: {
            "Type": "Custom::Migrations",
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": [RUN, "Arn"]},
                "ServiceTimeout": RUN_SECONDS + 30,
                "Function": {"Ref": MIGRATE},
                "Code": code,
            },
        },
    }
