"""What AWS says no to, as one sentence with the way out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# AWS's code for it -> what to say; {message} is AWS's own sentence
_SENTENCES = {
    "ExpiredToken": "Your AWS credentials have expired: sign in again (aws sso login, for example).",
    "ExpiredTokenException": "Your AWS credentials have expired: sign in again (aws sso login, for example).",
    "RequestExpired": "Your AWS credentials have expired: sign in again (aws sso login, for example).",
    "InvalidClientTokenId": "AWS does not know your credentials: check AWS_PROFILE or AWS_ACCESS_KEY_ID.",
    "UnrecognizedClientException": "AWS does not know your credentials in this region: check AWS_PROFILE and REGION.",
    "SignatureDoesNotMatch": "AWS refuses your credentials: check AWS_SECRET_ACCESS_KEY and this machine's clock.",
    "AccessDenied": "Your AWS user may not do this: {message}",
    "AccessDeniedException": "Your AWS user may not do this: {message}",
    "BucketAlreadyExists": "The bucket's name is taken by another AWS account: choose another one with BUCKET=name.",
    "AlreadyExistsException": "The name is taken already: {message}",
    "OptInRequired": "Your AWS account has not enabled this region: enable it, or choose another one with REGION=.",
}


class Refused(Exception):
    """The deployment cannot go on; the message is one sentence that says why and what to do."""


@contextmanager
def said_clearly() -> Iterator[None]:
    """Turns what boto3 raises in the block into Refused."""
    from botocore import exceptions

    try:
        yield
    except exceptions.NoCredentialsError:
        raise Refused("There are no AWS credentials: run aws configure, or set AWS_PROFILE.") from None
    except exceptions.PartialCredentialsError as error:
        raise Refused(f"The AWS credentials are incomplete: {error}.") from None
    except exceptions.ProfileNotFound as error:
        raise Refused(f"{error}: see AWS_PROFILE.") from None
    except (exceptions.NoRegionError, exceptions.InvalidRegionError):
        raise Refused("Say in which region to deploy: REGION=eu-central-1, for example.") from None
    except (exceptions.SSOError, exceptions.TokenRetrievalError, exceptions.CredentialRetrievalError):
        raise Refused("Your AWS sign-in has expired: run aws sso login.") from None
    except exceptions.EndpointConnectionError as error:
        raise Refused(f"AWS cannot be reached: {error}; check REGION and your network.") from None
    except exceptions.ClientError as error:
        code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", str(error))
        # What CloudFormation says of parameters is a sentence already.
        raise Refused(_SENTENCES.get(code, "{message}").format(message=message)) from None
