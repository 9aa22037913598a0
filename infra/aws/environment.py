"""What the functions find in their environment; passwords reach only those that need them, and encrypted."""

from __future__ import annotations

from typing import Any

from infra.aws import queues
from infra.aws.authorities import IN_LAMBDA

_DATABASE = (
    "postgresql://perfmon:{{resolve:secretsmanager:${DatabasePassword}}}@${Database.Endpoint.Address}:5432/perfmon"
    f"?sslmode=verify-full&sslrootcert={IN_LAMBDA}"
)
_VALKEY = "rediss://perfmon:{{resolve:secretsmanager:${ValkeyPassword}}}@${Valkey.PrimaryEndPoint.Address}:6379"


def everywhere() -> dict[str, Any]:
    """What every function gets."""
    return {
        **queues.environment(),
        "CLAIMS_TABLE": {"Ref": "ClaimsTable"},
        "EVENT_BUS_NAME": {"Ref": "EventBus"},
        "NOTIFIER_PUBLIC_KEY": {"Ref": "NotifierPublicKey"},
        "ALERT_DEFAULT_RECIPIENTS": {"Ref": "AdminEmail"},
        "METRIC_RETENTION_HOURS": {"Ref": "MetricRetentionHours"},
        "METRIC_RETENTION_CLASSES": {"Ref": "MetricRetentionClasses"},
    }


def inside() -> dict[str, Any]:
    """What the functions in the VPC get beside that: the stores."""
    replicas = {"Fn::If": ["MakesReplica", "1", "0"]}
    return {
        "DATABASE_URL": {"Fn::If": ["MakesDatabase", {"Fn::Sub": _DATABASE}, {"Ref": "DatabaseUrl"}]},
        "REDIS_URL": {"Fn::If": ["MakesValkey", {"Fn::Sub": _VALKEY}, {"Ref": "RedisUrl"}]},
        "LINK_SECRET": {"Ref": "LinkSecret"},
        "SLACK_SIGNING_SECRET": {"Ref": "SlackSigningSecret"},
        "VALKEY_REPLICAS": {"Fn::If": ["ChoosesReplicas", replicas, {"Ref": "ValkeyReplicas"}]},
    }


def public_url(*, knows_api: bool) -> Any:
    """Where people reach the service; what the API itself is made of cannot know API Gateway's address beforehand."""
    own = {"Fn::Sub": "https://${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/api"}
    return {"Fn::If": ["HasPublicUrl", {"Ref": "PublicUrl"}, own if knows_api else ""]}
