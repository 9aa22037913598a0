"""What is made of CloudFormation's answers, where the emulator answers otherwise than AWS does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.aws.account import Account
from infra.aws.change_set import Stack
from infra.aws.destroy import destroy, remains


class Aws:
    """One account: a stack of these resources, and what was asked of every service."""

    def __init__(self, status: str, resources: dict[str, dict[str, str]], **parameters: str) -> None:
        self.status = status
        self.resources = resources
        self.parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        self.called: list[str] = []

    def client(self, service: str, region_name: str) -> Any:
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 -- boto3's names
        found = {"StackName": StackName, "StackId": f"arn:stack/{StackName}", "StackStatus": self.status}
        return {"Stacks": [found | {"Parameters": self.parameters}]}

    def get_template(self, StackName: str, TemplateStage: str) -> dict[str, Any]:  # noqa: N803
        return {"TemplateBody": {"Resources": {}}}

    def describe_stack_resource(self, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803
        if LogicalResourceId not in self.resources:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "it does not exist"}}, "Describe")
        return {"StackResourceDetail": self.resources[LogicalResourceId]}

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        self.called.append("delete_stack")
        self.status = "DELETE_COMPLETE"

    def modify_db_instance(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "DBInstanceNotFound", "Message": "DBInstance db-1 not found."}}, "Modify")

    def list_buckets(self) -> dict[str, Any]:
        return {"Buckets": []}


def stack_of(aws: Aws) -> tuple[Account, Stack]:
    where = Account(aws, "123456789012", "eu-central-1")
    return where, Stack(where, "perfmon-dev", poll_seconds=0.0)


@pytest.mark.parametrize(
    "gone",
    [
        {"ResourceStatus": "DELETE_COMPLETE", "PhysicalResourceId": "db-1"},
        {"ResourceStatus": "DELETE_COMPLETE"},
        {"ResourceStatus": "CREATE_FAILED", "PhysicalResourceId": ""},
    ],
)
def test_a_stack_that_was_never_completed_can_be_taken_down(gone: dict[str, str]) -> None:
    # given a first deployment that failed and was taken back: AWS still describes the database that it deleted
    aws = Aws("ROLLBACK_COMPLETE", {"Database": gone, "NotifierKeys": gone})
    where, stack = stack_of(aws)
    said: list[str] = []

    # when it is cleared away, as make deploy asks for
    destroy("dev", where, stack, lambda _: "dev", said.append)

    # then the stack is gone, and nothing is said to remain that does not
    assert aws.called == ["delete_stack"]
    assert said[0] == "perfmon-dev is gone. What remains:"
    assert not any("snapshot" in line or "secret" in line for line in said)


def test_every_snapshot_of_the_database_is_named_however_many_others_there_are() -> None:
    class Paged(Aws):
        """An account whose snapshots come page by page."""

        def get_paginator(self, operation: str) -> Any:
            assert operation == "describe_db_snapshots"
            return self

        def paginate(self, SnapshotType: str) -> list[dict[str, Any]]:  # noqa: N803
            assert SnapshotType == "manual"
            made = (("other", "db-2"), ("first", "db-1"), ("second", "db-1"))
            named = [{"DBSnapshotIdentifier": name, "DBInstanceIdentifier": database} for name, database in made]
            return [{"DBSnapshots": named[:2]}, {"DBSnapshots": named[2:]}]

        def describe_log_groups(self, logGroupNamePrefix: str) -> dict[str, Any]:  # noqa: N803
            return {"logGroups": []}

    where, stack = stack_of(Paged("DELETE_COMPLETE", {}))
    found = [line for line in remains(where, stack.name, "db-1") if line.startswith("snapshot")]
    assert [line.partition(":")[0] for line in found] == ["snapshot first", "snapshot second"]


def test_what_a_deletion_kept_is_still_named() -> None:
    aws = Aws("ROLLBACK_COMPLETE", {"NotifierKeys": {"ResourceStatus": "DELETE_SKIPPED", "PhysicalResourceId": "arn"}})
    _, stack = stack_of(aws)

    assert stack.physical("NotifierKeys") == "arn"
    assert stack.physical("Database") is None


def test_going_back_gives_no_half_of_a_pair_of_keys_whose_other_half_is_not_shown() -> None:
    # given a stack whose private key nobody can read, so that it stays what the failed version made it
    keys = {"NotifierPublicKey": "public", "NotifierPrivateKey": "****"}
    _, stack = stack_of(Aws("UPDATE_COMPLETE", {}, Stage="dev", DatabaseUrl="****", **keys))

    before = stack.running()

    # then its public key stays, too: what one of two pairs seals, the other cannot open
    assert before is not None
    assert before.parameters == {"Stage": "dev"}
