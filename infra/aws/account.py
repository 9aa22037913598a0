"""Where a deployment goes: account, region, and how mail is there; checked before anything is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.aws.refusals import Refused, said_clearly

_LEFT_OVER = 100  # runs at once that AWS wants nobody to set aside


@dataclass(frozen=True, slots=True)
class Account:
    """Clients of one account in one region."""

    session: Any
    number: str
    region: str

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.session.client(service, region_name=self.region)


def account(region: str = "") -> Account:
    """The account of the credentials that boto3 finds. Raises Refused."""
    import boto3

    with said_clearly():
        session = boto3.Session(region_name=region or None)
        chosen = session.region_name
        if not chosen:
            raise Refused("Say in which region to deploy: REGION=eu-central-1, for example.")
        known = [each for part in session.get_available_partitions() for each in regions_of(session, part)]
        if chosen not in known:
            raise Refused(f"There is no region {chosen!r}; one that exists is eu-central-1: REGION=eu-central-1.")
        number = session.client("sts", region_name=chosen).get_caller_identity()["Account"]
    return Account(session, number, chosen)


def regions_of(session: Any, partition: str) -> list[str]:
    """The regions of a partition of AWS."""
    found: list[str] = session.get_available_regions("lambda", partition_name=partition)
    return found


def has_mail_identity(where: Account, address: str) -> bool:
    """Whether SES knows the address or its domain already, so that the stack cannot create it."""
    with said_clearly():
        client = where.client("sesv2")
        for identity in (address, address.partition("@")[2]):
            try:
                client.get_email_identity(EmailIdentity=identity)
            except client.exceptions.NotFoundException:
                continue
            return True
    return False


def mail_warning(where: Account) -> str:
    """What to know about mail in this account; empty = nothing."""
    with said_clearly():
        if where.client("sesv2").get_account().get("ProductionAccessEnabled"):
            return ""
    return (
        f"SES is in its sandbox in {where.region}: mail reaches verified addresses only."
        " Ask for production access in the SES console (docs/operations.md, mail)."
    )


def check_room(where: Account, set_aside: int) -> None:
    """Raise Refused when the account lets too few functions run at once to set so many aside for a first stage."""
    with said_clearly():
        free = where.client("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    if free < set_aside + _LEFT_OVER:
        raise Refused(
            f"Lambda lets {free} functions at once run in {where.region}, and prod needs {set_aside + _LEFT_OVER}:"
            " ask for more under Service Quotas, Lambda, Concurrent executions."
        )
