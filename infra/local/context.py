"""The context object that Lambda hands to a handler."""

from __future__ import annotations

import time

_REGION, _ACCOUNT = "us-east-1", "123456789012"


class LambdaContext:
    """Names and the time that is left, as in Lambda's own documentation."""

    function_version = "$LATEST"
    memory_limit_in_mb = "1024"
    identity = None
    client_context = None

    def __init__(self, function_name: str, request_id: str, deadline: float) -> None:
        """`deadline` is epoch seconds."""
        self.function_name = function_name
        self.aws_request_id = request_id
        self.invoked_function_arn = f"arn:aws:lambda:{_REGION}:{_ACCOUNT}:function:{function_name}"
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = "local"
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """How long until the function is ended; never negative."""
        return max(0, int((self._deadline - time.time()) * 1000))
