"""The function behind the stack's Migrations resource: CloudFormation calls it before any other code is replaced.

It runs outside the network of the stores, asks the new Migrate function to bring the schema up to date, and tells
CloudFormation how that went; after a failure CloudFormation goes back to the old code. This file is put into the
template as it is, and Lambda lets that be 4096 characters.
"""

import json
import urllib.request
from typing import Any

import boto3
from botocore.config import Config

# A migration may take as long as Migrate may; asking twice would start a second one beside it.
PATIENT = Config(read_timeout=310, retries={"total_max_attempts": 1})
LONGEST_REASON = 1000


def handler(event: dict[str, Any], context: Any) -> None:
    """Answer CloudFormation's Create, Update or Delete of the resource."""
    status, reason = "SUCCESS", "There is nothing to undo."
    if event["RequestType"] != "Delete":
        try:
            status, reason = migrate(event["ResourceProperties"]["Function"])
        except Exception as error:  # noqa: BLE001 -- without an answer CloudFormation waits for an hour
            status, reason = "FAILED", f"Migrate could not be called: {error}"
    print(json.dumps({"status": status, "reason": reason}))  # its log
    answer = {
        "Status": status,
        "Reason": reason[:LONGEST_REASON],
        # Always the same: another id would make CloudFormation delete the one before.
        "PhysicalResourceId": "migrations",
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    request = urllib.request.Request(  # noqa: S310 -- the address is CloudFormation's
        event["ResponseURL"],
        data=json.dumps(answer).encode(),
        method="PUT",
        headers={"Content-Type": ""},  # the address is signed for none
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310
        pass


def migrate(function: str) -> tuple[str, str]:
    """Call Migrate; CloudFormation's word for how it went, and what it said."""
    answer = boto3.client("lambda", config=PATIENT).invoke(FunctionName=function, Payload=b"{}")
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        return "FAILED", f"The migration failed: {said.get('errorMessage', said)}"
    return "SUCCESS", f"Applied: {', '.join(said['applied']) or 'nothing, the schema was up to date'}"
