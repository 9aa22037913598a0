"""`make deploy`, `make token` and `make destroy`, on the AWS emulator: what they do, say, refuse and take back."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore import exceptions

from infra.aws import deploy as command
from infra.aws.account import account, mail_warning
from infra.aws.change_set import Stack
from infra.aws.deploy import Wish, _made, deploy, stack_name, token
from infra.aws.destroy import destroy
from infra.aws.package import PACKAGE, TEMPLATE, digest
from infra.aws.refusals import Refused, said_clearly
from infra.local.function_events import scheduled_event
from tests.infra.aws.conftest import Stores
from tests.infra.aws.emulator import account_at

pytestmark = pytest.mark.xdist_group("stage")  # an emulator of its own, beside that of the stack
REFUSES_EVERYTHING = """

@app.middleware("http")
def refuse(event, get_response):
    from chalice.app import Response
    return Response({"detail": "broken"}, status_code=500)
"""


class Terminal:
    """Whoever sits there: remembers what was said, answers as told."""

    def __init__(self, answer: str = "y", *, on: dict[str, Callable[[], Any]] | None = None) -> None:
        self.said: list[str] = []
        self._answer = answer
        self._on = on or {}

    def ask(self, question: str) -> str:
        self.said.append(question)
        return self._answer

    def say(self, line: str) -> None:
        self.said.append(line)
        for beginning, act in self._on.items():
            if line.startswith(beginning):
                act()

    @property
    def text(self) -> str:
        return "\n".join(self.said)


class Site:
    """One stage of one account at the emulator."""

    def __init__(self, endpoint: str, stores: Stores, package: Path) -> None:
        self.where = account_at(endpoint)
        self.stack = Stack(self.where, "perfmon-dev", poll_seconds=0.1)
        self.api = f"{endpoint}/restapis/{{RestAPIId}}/api/_user_request_"
        self.package = package
        self.parameters = {
            "AdminEmail": "admin@example.org",
            "DatabaseUrl": stores.database_url,
            "RedisUrl": stores.redis_url,
        }

    def deploy(self, package: Path | None = None, *, answer: str = "y", patience: float = 30, **other: str) -> Terminal:
        """Deploy a package; the schedule that the smoke test waits for runs at once, not within a minute."""
        terminal = Terminal(answer, on={"deployed": self.run_schedule})
        wish = Wish(
            stage="dev",
            parameters=self.parameters | other,
            package=package or self.package,
            api_url=self.api,
            patience=patience,
        )
        deploy(wish, self.where, self.stack, terminal.ask, terminal.say)
        return terminal

    def run_schedule(self) -> None:
        """Do what EventBridge does every minute."""
        from datetime import UTC, datetime

        event = json.dumps(scheduled_event("every-minute", datetime.now(UTC), "event-1"))
        self.where.client("lambda").invoke(FunctionName=self.stack.physical("ScheduleTicks"), Payload=event)

    def status(self, secret: str) -> int:
        """What the API answers somebody with this token who lists tokens."""
        url = self.api.format(**self.stack.outputs())
        headers = {"Authorization": f"Bearer {secret}"}
        return requests.get(f"{url}/monitoring/tokens", headers=headers, timeout=30).status_code


@pytest.fixture(scope="module")
def site(endpoint: str, stores: Stores, emulated: Path) -> Iterator[Site]:
    """A stage on which nothing is deployed yet."""
    made = Site(endpoint, stores, emulated)
    yield made
    if made.stack.described() is not None:
        made.stack.delete()


def broken(package: Path, out: Path) -> Path:
    """A copy of the package whose API answers 500 to everything."""
    out.mkdir()
    with zipfile.ZipFile(package / PACKAGE) as old, zipfile.ZipFile(out / PACKAGE, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if not name.startswith("__pycache__/app."):
                new.writestr(name, old.read(name) + (REFUSES_EVERYTHING.encode() if name == "app.py" else b""))
    template = json.loads((package / TEMPLATE).read_text())
    template["Resources"]["Migrations"]["Properties"]["Code"] = digest(out / PACKAGE)
    (out / TEMPLATE).write_text(json.dumps(template))
    return out


def test_a_stage_is_deployed_tried_updated_taken_back_and_taken_down(site: Site, tmp_path: Path) -> None:
    # a no changes nothing
    with pytest.raises(Refused, match="Nothing was changed"):
        site.deploy(answer="n")
    assert site.stack.described() is None

    # the first deployment shows what it makes, tries it, and says where it is and who may administer it
    first = site.deploy().text
    assert "Add     Tick " in first
    assert "perfmon-dev works:" in first
    secret = first.split("admin token")[1].split()[0]
    assert site.status(secret) == 200

    # the keys that channels' secrets are sealed with are made once
    made = {each["ParameterKey"]: each["ParameterValue"] for each in (site.stack.described() or {})["Parameters"]}
    assert len(made["NotifierPublicKey"]) == 44
    assert made["NotifierPublicKey"] != made["NotifierPrivateKey"]
    assert made["LinkSecret"] != ""
    keys = site.stack.physical("NotifierKeys")
    kept = site.where.client("secretsmanager").get_secret_value(SecretId=keys)["SecretString"]
    assert json.loads(kept)["NotifierPublicKey"] == made["NotifierPublicKey"]
    assert len(json.loads(kept)["NotifierPrivateKey"]) == 44

    # the same again changes nothing
    assert "nothing changes" in site.deploy().text

    # a parameter changes what depends on it, and nothing is done before somebody says yes
    terminal = Terminal("n")
    wish = Wish(stage="dev", parameters=site.parameters | {"LogRetentionDays": "7"}, package=site.package)
    with pytest.raises(Refused, match="Nothing was changed"):
        deploy(wish, site.where, site.stack, terminal.ask, terminal.say)
    assert "Modify  TickLogs" in terminal.text
    assert "TickQueue " not in terminal.text

    # a version that does not work is taken back, and says what was wrong
    with pytest.raises(Refused, match=r"smoke test failed: .*500.* The version before runs again"):
        site.deploy(broken(site.package, tmp_path / "broken"), patience=1)
    assert site.status(secret) == 200
    assert "nothing changes" in site.deploy().text

    # the locked out get a token from whoever may invoke the function
    assert site.status(token("dev", site.where, site.stack)) == 200

    # taking it down wants the stage's name
    terminal = Terminal("prod")
    with pytest.raises(Refused, match="Nothing was changed"):
        destroy("dev", site.where, site.stack, terminal.ask, terminal.say)
    assert site.status(secret) == 200
    terminal = Terminal("dev")
    destroy("dev", site.where, site.stack, terminal.ask, terminal.say)
    assert site.stack.described() is None
    assert "is gone. What remains:" in terminal.text
    assert f"bucket perfmon-deployments-{site.where.number}" in terminal.text
    assert f"secret {keys}: the keys that open" in terminal.text


def test_keys_are_made_once_and_anew_when_asked_for() -> None:
    first = _made(None, {})
    assert set(first) == {"NotifierPublicKey", "NotifierPrivateKey", "LinkSecret"}
    shown = [{"ParameterKey": name, "ParameterValue": value} for name, value in first.items()]
    assert _made({"Parameters": shown}, {}) == {}
    assert _made(None, first) == {}
    other = _made({"Parameters": shown}, {"NotifierPublicKey": "new"})
    assert set(other) == {"NotifierPublicKey", "NotifierPrivateKey"}
    assert other["NotifierPublicKey"] not in ("new", first["NotifierPublicKey"])


def test_what_is_missing_or_wrong_is_said_before_anything_is_built(site: Site) -> None:
    def refused(**wish: Any) -> str:
        terminal = Terminal()
        with pytest.raises(Refused) as told:
            deploy(Wish(stage="dev", **wish), site.where, site.stack, terminal.ask, terminal.say)
        return str(told.value)

    assert "ADMIN_EMAIL is missing" in refused()
    assert "ADMIN_EMAIL=nobody is not one e-mail address" in refused(parameters={"AdminEmail": "nobody"})
    misspelt = site.parameters | {"DatabaseClas": "x"}
    assert "There is no parameter DatabaseClas; there are AdminEmail, " in refused(
        parameters=misspelt, package=site.package
    )
    assert "certificates of RDS cannot be read from nowhere.pem" in refused(
        parameters={"AdminEmail": "a@example.org"}, certificates="nowhere.pem"
    )
    assert "lacks RDS's certificates: leave PACKAGE out" in refused(
        parameters={"AdminEmail": "a@example.org"}, package=site.package
    )
    with pytest.raises(Refused, match="STAGE=production is not known: it is dev or prod"):
        stack_name("production")
    with pytest.raises(Refused, match=r"There is no stack perfmon-dev in us-east-1: make deploy STAGE=dev makes it"):
        token("dev", site.where, site.stack)


def test_a_name_that_another_stack_has_is_refused(endpoint: str, site: Site) -> None:
    client = site.where.client("cloudformation")
    other = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    client.create_stack(StackName="perfmon-prod", TemplateBody=json.dumps(other))
    taken = Stack(site.where, "perfmon-prod", poll_seconds=0.1)
    taken.wait()
    terminal = Terminal()

    with pytest.raises(Refused, match="The name perfmon-prod is taken by a stack that is not this service's"):
        deploy(Wish(stage="prod"), site.where, taken, terminal.ask, terminal.say)
    taken.delete()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ExpiredToken", "Your AWS credentials have expired: sign in again"),
        ("InvalidClientTokenId", "AWS does not know your credentials"),
        ("SignatureDoesNotMatch", "this machine's clock"),
        ("AccessDenied", "Your AWS user may not do this: It said no"),
        ("BucketAlreadyExists", "taken by another AWS account: choose another one with BUCKET="),
        ("OptInRequired", "has not enabled this region"),
        ("ValidationError", "It said no"),
    ],
)
def test_what_aws_refuses_is_one_sentence(code: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence), said_clearly():
        raise exceptions.ClientError({"Error": {"Code": code, "Message": "It said no"}}, "CreateStack")


def test_no_credentials_no_region_and_a_region_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(Refused, match="Say in which region to deploy: REGION="):
        account()
    with pytest.raises(Refused, match="There is no region 'eu-nowhere-9'"):
        account("eu-nowhere-9")
    with pytest.raises(Refused, match="There are no AWS credentials"):
        account("eu-central-1")


def test_the_command_prints_a_refusal_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["deploy", "--stage", "production"]) == 1
    assert capsys.readouterr().err == "STAGE=production is not known: it is dev or prod.\n"


def test_the_sandbox_of_ses_is_a_note(site: Site) -> None:
    class Sandbox:
        def client(self, service: str, region_name: str) -> Any:
            return self

        def get_account(self) -> dict[str, bool]:
            return {"ProductionAccessEnabled": False}

    where = type(site.where)(Sandbox(), "000000000000", "eu-central-1")
    assert mail_warning(where).startswith(
        "SES is in its sandbox in eu-central-1: mail reaches verified addresses only."
    )
