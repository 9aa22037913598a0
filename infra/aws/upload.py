"""Puts package and template where CloudFormation finds them: a bucket of the account's own, by content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from infra.aws.account import Account
from infra.aws.package import PACKAGE, TEMPLATE, digest
from infra.aws.refusals import Refused, said_clearly


def bucket_name(where: Account) -> str:
    """The bucket that deployments use unless another one is named."""
    return f"perfmon-deployments-{where.number}-{where.region}"


def upload(where: Account, out: Path, bucket: str) -> str:
    """Upload what is in `out`; the address of the template for CloudFormation. Raises Refused.

    Names are digests: what is there already is not uploaded again, and what ran before stays, for going back to it.
    """
    client = where.client("s3")
    with said_clearly():
        _ensure(client, bucket, where.region)
        package = f"{digest(out / PACKAGE)}.zip"
        if not _has(client, bucket, package):
            client.upload_file(str(out / PACKAGE), bucket, package)
    return upload_template(where, located(json.loads((out / TEMPLATE).read_text()), bucket, package), bucket)


def upload_template(where: Account, template: dict[str, Any], bucket: str) -> str:
    """Upload a template; its address. Raises Refused."""
    client = where.client("s3")
    content = json.dumps(template).encode()
    key = f"{hashlib.sha256(content).hexdigest()}.json"
    with said_clearly():
        client.put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/json")
    return address(client, bucket, key)


def located(template: dict[str, Any], bucket: str, key: str) -> dict[str, Any]:
    """The template whose functions find their package in the bucket."""
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = f"s3://{bucket}/{key}"
    return template


def address(client: Any, bucket: str, key: str) -> str:
    """Where an object is, in the form that this partition (or emulator) has for it."""
    signed: str = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
    return signed.partition("?")[0]


def _ensure(client: Any, bucket: str, region: str) -> None:
    from botocore.exceptions import ClientError

    try:
        client.head_bucket(Bucket=bucket)
        return
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise Refused(f"The bucket {bucket} is not yours to use: choose another one with BUCKET=name.") from None
    elsewhere = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=bucket, **elsewhere)
    client.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )


def _has(client: Any, bucket: str, key: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return True
