"""The table of functions: size, place, what starts them and what they may do. A new function is one entry here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infra.aws.queues import DEAD_LETTERS, EVENTS, NOTIFICATIONS, PULLS, RECEIPTS, REPORT_MAILS, SCRAPES, TICKS

Statement = dict[str, Any]


def allow(*actions: str, on: str, attribute: str = "Arn") -> Statement:
    """Lets a function call `actions` on the resource of this logical name."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": {"Fn::GetAtt": [on, attribute]}}


def sends_to(queue: str) -> Statement:
    """Lets a function find a queue by its name and send to it."""
    return allow("sqs:GetQueueUrl", "sqs:SendMessage", on=queue)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What Chalice has no setting for.

    `memory` in MB is also processor: 1769 MB are one core; `timeout` in seconds. `inside`: in the VPC, with the
    addresses of the stores and without the internet; `joins`: in subnets of the user's, if PullerSubnetIds names any.
    `takes` is the logical name of the queue whose messages start it;
    `may` is what its code calls beside that. `at_most` bounds how many run at once in stage prod. `has_url`: called
    over HTTP without API Gateway. `environment` is added to what all functions of its place get.
    """

    memory: int
    timeout: int
    inside: bool = True
    joins: bool = False
    takes: str = ""
    may: tuple[Statement, ...] = ()
    at_most: int | None = None
    has_url: bool = False
    environment: dict[str, Any] = field(default_factory=dict)


# Mail leaves by SES; which address it may be from is checked there.
SEND_MAIL: Statement = {
    "Effect": "Allow",
    "Action": ["ses:SendRawEmail"],
    "Resource": {"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*"},
}
# CloudWatch knows no narrower resource than all metrics.
READ_METRICS: Statement = {
    "Sid": "ReadMetrics",
    "Effect": "Allow",
    "Action": ["cloudwatch:GetMetricData"],
    "Resource": "*",
}
_NOTIFIER: dict[str, Any] = {
    "NOTIFIER_PRIVATE_KEY": {"Ref": "NotifierPrivateKey"},
    "EMAIL_FROM": {"Fn::If": ["HasEmailFrom", {"Ref": "EmailFrom"}, {"Ref": "AdminEmail"}]},
    "SMTP_HOST": {"Ref": "SmtpHost"},
    "SMTP_PORT": {"Ref": "SmtpPort"},
    "SMTP_USER": {"Ref": "SmtpUser"},
    "SMTP_PASS": {"Ref": "SmtpPass"},
}

# PostgreSQL takes some 110 connections at 1 GB; each container holds one.
FUNCTIONS: dict[str, Function] = {
    "APIHandler": Function(memory=1024, timeout=29, at_most=40, may=(sends_to(NOTIFICATIONS), sends_to(PULLS))),
    "Ingest": Function(memory=512, timeout=29, at_most=40, has_url=True),
    "ScheduleTicks": Function(memory=512, timeout=60, may=(sends_to(TICKS), sends_to(NOTIFICATIONS), sends_to(EVENTS))),
    "Tick": Function(memory=1024, timeout=60, takes=TICKS, may=(sends_to(NOTIFICATIONS), sends_to(EVENTS))),
    "Notify": Function(
        memory=256,
        timeout=60,
        inside=False,
        takes=NOTIFICATIONS,
        may=(
            allow("sqs:GetQueueUrl", "sqs:ChangeMessageVisibility", on=NOTIFICATIONS),
            sends_to(DEAD_LETTERS),
            sends_to(RECEIPTS),
            allow("dynamodb:UpdateItem", on="ClaimsTable"),
            SEND_MAIL,
            {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": {"Ref": "AlarmTopic"}},
        ),
        environment=_NOTIFIER | {"OPERATOR_TOPIC": {"Ref": "AlarmTopic"}, "HEARTBEAT_URL": {"Ref": "HeartbeatUrl"}},
    ),
    "MailReport": Function(
        memory=256,
        timeout=60,
        inside=False,
        takes=REPORT_MAILS,
        may=(allow("dynamodb:UpdateItem", on="ClaimsTable"), SEND_MAIL),
        environment={name: value for name, value in _NOTIFIER.items() if name != "NOTIFIER_PRIVATE_KEY"},
    ),
    "PublishEvents": Function(
        memory=256, timeout=60, inside=False, takes=EVENTS, may=(allow("events:PutEvents", on="EventBus"),)
    ),
    "PlanScrapes": Function(memory=512, timeout=60, at_most=1, may=(sends_to(PULLS),)),
    "Pull": Function(
        memory=1024,
        timeout=60,
        inside=False,
        joins=True,
        takes=PULLS,
        may=(
            sends_to(SCRAPES),
            READ_METRICS,
        ),
        environment={
            "NOTIFIER_PRIVATE_KEY": {"Ref": "NotifierPrivateKey"},
            "COLLECTOR_INGEST_URL": {"Fn::Sub": "${IngestUrl.FunctionUrl}api"},
            "COLLECTOR_ALLOWED_NETWORKS": {"Ref": "PullerAllowedNetworks"},
        },
    ),
    "NoteScrapes": Function(memory=256, timeout=60, takes=SCRAPES),
    "Canary": Function(memory=256, timeout=60, at_most=1, may=(sends_to(NOTIFICATIONS),)),
    "NoteReceipt": Function(memory=256, timeout=60, takes=RECEIPTS),
    "Compact": Function(memory=1024, timeout=600, at_most=1),
    "RecordHealth": Function(memory=512, timeout=60, at_most=1),
    "MakeReports": Function(memory=1024, timeout=300, at_most=1, may=(sends_to(REPORT_MAILS),)),
    "Migrate": Function(memory=512, timeout=300),
    "MintToken": Function(memory=512, timeout=30),
}
