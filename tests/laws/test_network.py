"""A function inside the VPC calls PostgreSQL, Valkey, SQS, S3 and DynamoDB; one outside knows none of the stores."""

from __future__ import annotations

import pytest

from infra.aws.functions import FUNCTIONS
from tests.laws.aws_calls import aws_calls
from tests.laws.names import python_name
from tests.laws.reach import reach_of

REACHED_INSIDE = {"sqs", "s3", "dynamodb"}
# What opens connections to anywhere.
NETWORK = {"urllib.request", "http.client", "smtplib", "socket", "requests", "urllib3", "httpx"}
STORES = ("chalicelib.storage.postgres", "chalicelib.storage.valkey")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_reaches_only_what_its_place_in_the_network_allows(name: str) -> None:
    reach = reach_of(python_name(name))
    stores = {each for each in reach.modules if each.startswith(STORES)}
    if FUNCTIONS[name].inside:
        services = {action.partition(":")[0] for action in aws_calls(reach)}
        assert services <= REACHED_INSIDE, "there is no way to this service from inside the VPC"
        opened = {each for each in reach.modules if any(each == n or each.startswith(f"{n}.") for n in NETWORK)}
        # Valkey's own connection is a socket.
        assert opened <= {"socket"}, f"{opened} lead to the internet, which is not there"
        assert stores or services, "a function that needs nothing inside has no reason to be there"
    else:
        assert not stores, "the stores cannot be reached from outside the VPC"


def test_the_law_sees_what_it_is_about() -> None:
    assert "chalicelib.storage.postgres.connection" in reach_of("compact").modules
    assert "chalicelib.storage.valkey.connection" in reach_of("ingest").modules
    assert "chalicelib.storage.postgres.compaction" not in reach_of("ingest").modules
