"""After a smoke test that fails the version before comes back, unless that would empty a restored database."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.aws import authorities
from infra.aws.account import Account
from infra.aws.change_set import Change, Stack, Version
from infra.aws.deploy import Wish, deploy
from infra.aws.package import PACKAGE, TEMPLATE
from infra.aws.refusals import Refused


class Aws:
    """An account in which every upload is there already and no token can be made."""

    def client(self, service: str, region_name: str) -> Any:
        return self

    def get_account(self) -> dict[str, Any]:
        return {"ProductionAccessEnabled": True}

    def head_bucket(self, **_: str) -> None:
        """It is there."""

    head_object = head_bucket

    def put_object(self, **_: Any) -> None:
        """It is taken."""

    def generate_presigned_url(self, *_: Any, **__: Any) -> str:
        return "https://bucket.example.org/template.json?signature"

    def invoke(self, **_: Any) -> dict[str, Any]:
        return {"Payload": io.BytesIO(b'{"errorMessage": "no database"}'), "FunctionError": "Unhandled"}


class Deployed(Stack):
    """A stack that takes every change, and remembers whether it was taken back."""

    def __init__(self, where: Account, change: Change) -> None:
        super().__init__(where, "perfmon-prod")
        self._change = change
        self.went_back = False

    def described(self, stack: str = "") -> dict[str, Any]:
        return {"StackStatus": "UPDATE_COMPLETE"}

    def physical(self, logical: str) -> str:
        return logical

    def running(self) -> Version:
        return Version({}, {})

    def propose(self, template: str, parameters: Mapping[str, str]) -> tuple[str, list[Change]]:
        return "change", [self._change]

    def execute(self, change_set: str) -> None:
        """It is done."""

    def outputs(self) -> dict[str, str]:
        return {"TokenFunction": "MintToken", "ApiUrl": "", "IngestUrl": ""}

    def go_back(self, template: str, version: Version) -> None:
        self.went_back = True


@pytest.mark.parametrize(
    ("change", "goes_back", "says"),
    [
        (Change("Modify", "Tick", "AWS::Lambda::Function", replaces=False), True, "The version before runs again."),
        (Change("Modify", "Database", "AWS::RDS::DBInstance", replaces=False), True, "The version before runs again."),
        (Change("Modify", "Database", "AWS::RDS::DBInstance", replaces=True), False, "an empty database"),
    ],
)
def test_a_database_that_was_replaced_is_not_replaced_again(
    change: Change, *, goes_back: bool, says: str, tmp_path: Path
) -> None:
    # given a deployment that changes this and then does not work
    with zipfile.ZipFile(tmp_path / PACKAGE, "w") as package:
        package.writestr(authorities.FILE, "")
    (tmp_path / TEMPLATE).write_text('{"Resources": {}}')
    where = Account(Aws(), "123456789012", "eu-central-1")
    stack = Deployed(where, change)
    wish = Wish(stage="prod", package=tmp_path, confirmed=True)

    # when it is tried
    with pytest.raises(Refused, match=f"No token could be made: no database .*{says}"):
        deploy(wish, where, stack, input, lambda _: None)

    # then going back does not put an empty database in the restored one's place
    assert stack.went_back is goes_back
