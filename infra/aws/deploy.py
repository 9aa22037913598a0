"""`make deploy`, `make token`: package, upload, show what changes, do it, see that it works, say where it is."""

from __future__ import annotations

import argparse
import re
import secrets
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.sealing import new_keys
from infra.aws import authorities
from infra.aws.account import Account, account, check_room, has_mail_identity, mail_warning
from infra.aws.change_set import Change, Stack
from infra.aws.complete import IncompletePackage
from infra.aws.functions import FUNCTIONS
from infra.aws.package import ARCHITECTURES, PACKAGE, build
from infra.aws.refusals import Refused
from infra.aws.smoke import PATIENCE, mint, smoke
from infra.aws.upload import bucket_name, upload, upload_template

STAGES = ("dev", "prod")
NEW = "new"  # in place of a public key


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asked for.

    `package` is a directory that holds a package already; `api_url` is where the API is reached when not at the stack's
    ApiUrl, with `{RestAPIId}` for the API's id; `patience` is how long the smoke test tries, in seconds.
    """

    stage: str
    parameters: dict[str, str] = field(default_factory=dict)
    architecture: str = "arm64"
    bucket: str = ""
    certificates: str = ""
    package: Path | None = None
    api_url: str = ""
    confirmed: bool = False
    patience: float = PATIENCE


def stack_name(stage: str) -> str:
    """The stack of a stage. Raises Refused."""
    if stage not in STAGES:
        raise Refused(f"STAGE={stage} is not known: it is {' or '.join(STAGES)}.")
    return f"perfmon-{stage}"


def deploy(wish: Wish, where: Account, stack: Stack, ask: Callable[[str], str], say: Callable[[str], None]) -> None:
    """Bring the stage to what is in this directory. Raises Refused; then the version before runs, or nothing."""
    parameters = _parameters(wish, where, stack)
    stack.check_ready()
    is_first = stack.described() is None
    if is_first and wish.stage == "prod":
        check_room(where, sum(each.at_most or 0 for each in FUNCTIONS.values()))
    if warning := mail_warning(where):
        say(f"note: {warning}")
    bucket = wish.bucket or bucket_name(where)
    needs = makes_database(wish, stack)
    with tempfile.TemporaryDirectory() as directory:
        out = wish.package or _package(Path(directory), wish, where, say, certificates=needs)
        if needs and not authorities.are_in(out / PACKAGE):
            raise Refused(
                f"The package in {out} lacks RDS's certificates: leave PACKAGE out, to have one built with them."
            )
        template = upload(where, out, bucket)
    before = stack.running()
    change_set, changes = stack.propose(template, parameters)
    if not changes:
        stack.discard(change_set)
        say(f"{stack.name} is up to date: nothing changes.")
        return
    _show(changes, say)
    if not wish.confirmed and ask(f"Do this to {stack.name} in {where.region}, account {where.number}? [y/N] ") != "y":
        stack.discard(change_set)
        raise Refused("Nothing was changed.")
    say("deploying; a first time takes about 15 minutes (in prod 25), a new version 2")
    stack.execute(change_set)
    outputs = stack.outputs()
    api = (wish.api_url or outputs["ApiUrl"]).format(**outputs)
    ingest = api if wish.api_url else outputs["IngestUrl"]
    say("deployed; trying it")
    try:
        smoke(where, outputs, api, ingest, patience=wish.patience)
    except Refused as failed:
        if before is None:
            raise Refused(f"{failed} The stack stands, for you to look into its logs.") from None
        if any(each.kind == "AWS::RDS::DBInstance" and each.replaces for each in changes):
            raise Refused(f"{failed} The stack stands: going back would put an empty database in its place.") from None
        stack.go_back(upload_template(where, before.template, bucket), before)
        raise Refused(f"{failed} The version before runs again.") from None
    _tell(stack, outputs, where, say, is_first=is_first)


def token(stage: str, where: Account, stack: Stack) -> str:
    """A new administrator's token, for the locked out. Raises Refused."""
    function = stack.outputs().get("TokenFunction")
    if function is None:
        raise Refused(f"There is no stack {stack.name} in {where.region}: make deploy STAGE={stage} makes it.")
    return mint(where, function, "make token", ["admin"])


def _parameters(wish: Wish, where: Account, stack: Stack) -> dict[str, str]:
    parameters = {"Stage": wish.stage, **wish.parameters}
    existing = stack.described()
    if existing is not None:
        if stack.physical("Migrations") is None:
            raise Refused(f"The name {stack.name} is taken by a stack that is not this service's.")
    elif "AdminEmail" not in parameters:
        raise Refused("ADMIN_EMAIL is missing: make deploy STAGE=… ADMIN_EMAIL=you@example.org")
    if (address := parameters.get("AdminEmail")) is not None:
        if not re.fullmatch(r'[^@\s,<>"]+@[^@\s,<>"]+\.[^@\s,<>"]+', address):
            raise Refused(f"ADMIN_EMAIL={address} is not one e-mail address.")
        is_own = existing is not None and stack.physical("MailIdentityOfAdmin") == address
        if "MailIdentity" not in parameters and not is_own and has_mail_identity(where, address):
            parameters["MailIdentity"] = "existing"
    return parameters | _made(existing, parameters)


def _made(existing: dict[str, Any] | None, given: Mapping[str, str]) -> dict[str, str]:
    """Keys and secrets that a stack gets once, unless they are given; later deployments keep them.

    What the keys seal, the secrets of channels, is lost without them. `NotifierPublicKey=new` asks for another pair.
    """
    made = {}
    wanted = given.get("NotifierPublicKey") or _value(existing, "NotifierPublicKey")
    if wanted in ("", NEW):
        made["NotifierPublicKey"], made["NotifierPrivateKey"] = new_keys()
    if not (given.get("LinkSecret") or _value(existing, "LinkSecret")):
        made["LinkSecret"] = secrets.token_urlsafe(32)
    return made


def _value(stack: Mapping[str, Any] | None, parameter: str) -> str:
    """A parameter's value, stars where it is a secret; '' where there is none."""
    given = {each["ParameterKey"]: each["ParameterValue"] for each in (stack or {}).get("Parameters", [])}
    return str(given.get(parameter, ""))


def makes_database(wish: Wish, stack: Stack) -> bool:
    """Whether PostgreSQL is the stack's, and the package has to bring the certificates that verify it."""
    if "DatabaseUrl" in wish.parameters:
        return not wish.parameters["DatabaseUrl"]
    # The parameter that is kept is not shown.
    return stack.described() is None or stack.physical("Database") is not None


def _package(out: Path, wish: Wish, where: Account, say: Callable[[str], None], *, certificates: bool) -> Path:
    trusted = {}
    if certificates:
        try:
            source = wish.certificates or authorities.address(where.region)
            trusted[authorities.FILE] = authorities.authorities(source)
        except authorities.NoAuthorities as error:
            raise Refused(str(error)) from None
    say("packaging")
    try:
        build(out, architecture=wish.architecture, trusted=trusted)
    except IncompletePackage as error:
        raise Refused(str(error)) from None
    return out


def _show(changes: Sequence[Change], say: Callable[[str], None]) -> None:
    say(f"{len(changes)} changes:")
    for change in sorted(changes, key=lambda each: (each.action, each.resource)):
        replaced = "  REPLACED: what it holds is lost" if change.replaces else ""
        say(f"  {change.action:<7} {change.resource:<28} {change.kind}{replaced}")


def _tell(stack: Stack, outputs: dict[str, str], where: Account, say: Callable[[str], None], *, is_first: bool) -> None:
    say(f"{stack.name} works:")
    for name in ("ApiUrl", "IngestUrl", "DashboardUrl", "CloudWatchUrl", "Durability"):
        if name in outputs:
            say(f"  {name:<14} {outputs[name]}")
    if is_first:
        say(f"  admin token    {mint(where, outputs['TokenFunction'], 'first administrator', ['admin'])}")
        say("Keep the token: it is shown this once. Confirm the mails that AWS has sent to ADMIN_EMAIL.")
    say(f"Another admin token: make token STAGE={stack.name.removeprefix('perfmon-')}")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Deploy the service, or mint a token.")
    parser.add_argument("command", choices=["deploy", "token"])
    parser.add_argument("--stage", required=True)
    parser.add_argument("--region", default="")
    parser.add_argument("--admin-email", default="")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--architecture", choices=sorted(ARCHITECTURES), default="arm64")
    parser.add_argument("--bucket", default="")
    parser.add_argument("--certificates", default="", help="RDS's certificates: a file or an https address")
    parser.add_argument("--package", type=Path, help="a directory that `make package` wrote")
    parser.add_argument("--api-url", default="")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; the exit code."""
    given = _arguments(arguments)
    try:
        name = stack_name(given.stage)
        parameters = dict(_pair(each) for each in given.parameter)
        if given.admin_email:
            parameters["AdminEmail"] = given.admin_email
        where = account(given.region)
        stack = Stack(where, name)
        if given.command == "token":
            print(token(given.stage, where, stack))
            return 0
        wish = Wish(
            stage=given.stage,
            parameters=parameters,
            architecture=given.architecture,
            bucket=given.bucket,
            certificates=given.certificates,
            package=given.package,
            api_url=given.api_url,
            confirmed=given.yes,
        )
        deploy(wish, where, stack, input, print)
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Refused(f"{text!r} is not NAME=VALUE.")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
