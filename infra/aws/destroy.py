"""`make destroy`: takes a stage down once its name has been typed, and says what remains."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from infra.aws.account import Account, account
from infra.aws.change_set import Stack
from infra.aws.deploy import stack_name
from infra.aws.refusals import Refused, said_clearly
from infra.aws.upload import bucket_name


def destroy(stage: str, where: Account, stack: Stack, ask: Callable[[str], str], say: Callable[[str], None]) -> None:
    """Delete the stack. Raises Refused when it is not wanted after all, or cannot be."""
    if stack.described() is None:
        raise Refused(f"There is no stack {stack.name} in {where.region}.")
    question = f"This takes {stack.name} in {where.region}, account {where.number}, down. Type the stage's name: "
    if ask(question) != stage:
        raise Refused("Nothing was changed.")
    database, keys = stack.physical("Database"), stack.physical("NotifierKeys")
    if database is not None:
        with said_clearly():
            where.client("rds").modify_db_instance(
                DBInstanceIdentifier=database, DeletionProtection=False, ApplyImmediately=True
            )
    status = stack.delete()
    if status != "DELETE_COMPLETE":
        raise Refused(f"{stack.name} could not be taken down ({status}): the CloudFormation console says why.")
    say(f"{stack.name} is gone. What remains:")
    for line in remains(where, stack.name, database):
        say(f"  {line}")
    if keys is not None:
        say(f"  secret {keys}: the keys that open the secrets of channels in that snapshot")


def remains(where: Account, name: str, database: str | None) -> list[str]:
    """What a deleted stack leaves behind, and what to do with it."""
    found = []
    with said_clearly():
        if database is not None:
            pages = where.client("rds").get_paginator("describe_db_snapshots")
            found += [
                f"snapshot {each['DBSnapshotIdentifier']}: all samples, rules and alerts"
                for page in pages.paginate(SnapshotType="manual")
                for each in page["DBSnapshots"]
                if each["DBInstanceIdentifier"] == database
            ]
            groups = where.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/rds/instance/{database}")
            found += [f"log group {each['logGroupName']}" for each in groups["logGroups"]]
        bucket = bucket_name(where)
        buckets = where.client("s3").list_buckets()["Buckets"]
        found += [f"bucket {bucket}: packages of all stages" for each in buckets if each["Name"] == bucket]
    found.append(f"the key of {name}, which AWS deletes after 7 days")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(description="Take a stage down.")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--region", default="")
    given = parser.parse_args(arguments)
    try:
        name = stack_name(given.stage)
        where = account(given.region)
        destroy(given.stage, where, Stack(where, name), input, print)
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
