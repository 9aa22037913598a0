"""Every function AWS can call: the HTTP API and its blueprints, the schedules, the queues, and what a deployment calls.

Scheduled and queue functions live here and nowhere else: in a blueprint Chalice would deploy them as modules of their
own that never import this one.
"""

from __future__ import annotations

import gc
import time
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Cron, Rate, SQSEvent

from chalicelib import logs, settings, wiring
from chalicelib.api.alerts import alerts
from chalicelib.api.catalogue import catalogue
from chalicelib.api.channels import channels
from chalicelib.api.confirmations import confirmations
from chalicelib.api.dashboard import dashboard
from chalicelib.api.health import health
from chalicelib.api.hosts import hosts
from chalicelib.api.metrics import metrics
from chalicelib.api.protocols import protocols
from chalicelib.api.reference import reference, routes_of
from chalicelib.api.report_schedules import report_schedules
from chalicelib.api.reports import reports
from chalicelib.api.rules import rules
from chalicelib.api.sessions import sessions
from chalicelib.api.silences import silences
from chalicelib.api.slack_actions import slack_actions
from chalicelib.api.targets import targets
from chalicelib.api.tokens import tokens
from chalicelib.api.told import told
from chalicelib.api.trials import trials
from chalicelib.wiring import collecting, notifications, notifying, pulling, ticking
from chalicelib.wiring import reports as reporting

logs.configure(settings.current().log_level)
app = Chalice("perfmon", configure_logs=False)
# Never JSON: Chalice would ask every caller for an Accept header.
app.api.binary_types = ["application/octet-stream", "application/gzip", "application/x-protobuf"]
for blueprint in (
    alerts,
    catalogue,
    channels,
    confirmations,
    dashboard,
    health,
    hosts,
    metrics,
    protocols,
    reference(lambda: routes_of(app)),
    report_schedules,
    reports,
    rules,
    sessions,
    silences,
    slack_actions,
    targets,
    told,
    tokens,
    trials,
):
    app.register_blueprint(blueprint)


@app.schedule(Rate(1, Rate.MINUTES))
def schedule_ticks(event: CloudWatchEvent) -> dict[str, Any]:
    """Order the instants of the next minute, do the one that has just come, and queue again what was lost.

    Each is done whatever becomes of the others; then what went wrong is raised, as failed runs ring an alarm.
    """
    from chalicelib.services.tick import grid_instant

    now = _now()
    try:
        ordered = wiring.schedule_ticks().run(now)
    finally:
        try:
            ticking.run(grid_instant(now, settings.current().tick_seconds), _now)
        finally:
            notifications.dispatch().requeue_lost(now)
    return {"ordered": len(ordered)}


@app.on_sqs_message(queue=settings.current().tick_queue, batch_size=1)
def tick(event: SQSEvent) -> None:
    """Do what is due at the instant that the message carries."""
    from chalicelib.queues import instant_of

    for record in event:
        ticking.run(instant_of(record.body), _now)


@app.on_sqs_message(queue=settings.current().notification_queue, batch_size=1, maximum_concurrency=10)
def notify(event: SQSEvent) -> dict[str, Any]:
    """Deliver a notification to its channel; one that has to be tried again comes back when its time has come.

    It is named in the answer and not raised: a channel that is away is no fault of this function, whose failed runs
    ring an alarm and have Lambda poll less for all channels.
    """
    from chalicelib.queues import job_of

    come_back = []
    for record in event:
        message = record.to_dict()
        again = notifying.deliver().run(job_of(record.body), message.get("attributes", {}).get("MessageGroupId", ""))
        if again is not None:
            notifying.postpone(record.receipt_handle, again)
            come_back.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": come_back}


@app.on_sqs_message(queue=settings.current().receipt_queue, batch_size=1)
def note_receipt(event: SQSEvent) -> None:
    """Write into the ledger what became of an attempt."""
    from chalicelib.queues import receipt_of

    for record in event:
        notifications.ledger().record(receipt_of(record.body))


@app.on_sqs_message(queue=settings.current().report_mail_queue, batch_size=1)
def mail_report(event: SQSEvent) -> None:
    """Mail a report; one that could not be handed over comes back."""
    from chalicelib.queues import mail_job_of

    for record in event:
        notifying.mail_reports().run(mail_job_of(record.body))


@app.on_sqs_message(queue=settings.current().event_queue, batch_size=1)
def publish_events(event: SQSEvent) -> None:
    """Put events on the event bus; what it did not take comes back."""
    from chalicelib.queues import events_of

    for record in event:
        notifying.publish().run(events_of(record.body))


@app.schedule(Rate(1, Rate.MINUTES))
def plan_scrapes(event: CloudWatchEvent) -> dict[str, Any]:
    """Order the scrapes of the next minute."""
    return {"planned": collecting.plan_scrapes().run(_now())}


@app.on_sqs_message(queue=settings.current().pull_queue, batch_size=1, maximum_concurrency=50)
def pull(event: SQSEvent) -> None:
    """Pull targets, and record what they have."""
    from chalicelib.queues import pull_of

    for record in event:
        pulling.pull().run(pull_of(record.body))


@app.on_sqs_message(queue=settings.current().scrape_queue, batch_size=1)
def note_scrapes(event: SQSEvent) -> None:
    """Write down what became of scrapes."""
    from chalicelib.queues import scrapes_of

    for record in event:
        collecting.target_book().note(scrapes_of(record.body))


@app.schedule(Rate(1, Rate.HOURS))
def canary(event: CloudWatchEvent) -> dict[str, Any]:
    """Send a notification that is for nobody all the way, and see what became of the one before."""
    now = _now()
    notifications.ledger().forget(now - settings.current().alert_retention_days * 86_400_000)
    return {"arrived": notifications.watchdog().run(now)}


@app.schedule(Rate(5, Rate.MINUTES))
def compact(event: CloudWatchEvent) -> dict[str, Any]:
    """Pack what the drain wrote."""
    done = wiring.compact().run(_now())
    return {"small": done.small, "full": done.full, "samples": done.samples}


@app.schedule(Rate(1, Rate.MINUTES))
def record_health(event: CloudWatchEvent) -> dict[str, Any]:
    """Judge the system's health and keep what was found for this minute."""
    return {"status": str(reporting.system_health().record(_now()).status)}


@app.schedule(Cron("5,35", "*", "*", "*", "?", "*"))
def make_reports(event: CloudWatchEvent) -> dict[str, Any]:
    """Make the reports whose hour has come somewhere, and hand them over to be mailed."""
    done = reporting.due_reports().run(_now())
    return {"built": done.built, "sent": done.sent, "failed": done.failed}


@app.lambda_function()
def ingest(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Record what comes over the Function URL, which costs nothing beside the run itself."""
    from chalicelib.api import function_url

    return function_url.answer(app, event, context)


@app.lambda_function()
def migrate(event: Any, context: Any) -> dict[str, Any]:
    """Bring the database's schema up to date."""
    return {"applied": wiring.migrate()}


@app.lambda_function()
def mint_token(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Create a token for whoever may invoke this function: {"name", "scopes", "seconds"} -> {"id", "token"}.

    After `seconds` it is no longer accepted; left out, it stays until it is revoked.
    """
    from datetime import UTC, datetime, timedelta

    from chalicelib.domain.scopes import Scope

    scopes = frozenset(map(Scope, event.get("scopes", ["admin"])))
    now = datetime.now(UTC)
    expires = now + timedelta(seconds=event["seconds"]) if "seconds" in event else None
    token, secret = wiring.tokens().create(event.get("name", "admin"), scopes, expires, now=now, actor="mint_token")
    return {"id": token.id, "token": secret}


# What is imported stays: the collector need not look at it again. And a request of 5,000 samples makes as many little
# dicts that die young: by default they would be searched for cycles dozens of times, at a third of the request's cost.
gc.freeze()
gc.set_threshold(100_000, 20, 100)


def _now() -> int:
    return time.time_ns() // 1_000_000
