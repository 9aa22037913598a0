"""The API of targets: what the collector pulls metrics from."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import alerting, collecting

if TYPE_CHECKING:
    from chalicelib.domain.targets import TargetRecord

targets = Resource(__name__)
_TARGETS = "/monitoring/targets"
_TARGET = "/monitoring/targets/{target_id}"


@targets.endpoint("POST", _TARGETS, scope=Scope.ADMIN)
def create_target(request: Request) -> Answer:
    """Have metrics pulled from somewhere."""
    record = collecting.targets().create(request.json(), actor=_actor(request), now=request.now)
    with contextlib.suppress(Unavailable):  # then it is planned within the minute, as everything else
        collecting.plan_scrapes().run_new(request.now)
    return _shown(record, 201)


@targets.endpoint("GET", _TARGETS, scope=Scope.ADMIN, query=("after",))
def list_targets(request: Request) -> Answer:
    """List targets with what became of their last scrapes; of their secrets only the names."""
    from chalicelib.domain.target_form import show_target

    page, following = collecting.targets().page(request.query("after"))
    return Answer({"targets": [show_target(record) for record in page], "next": following})


@targets.endpoint("GET", _TARGET, scope=Scope.ADMIN)
def get_target(request: Request, target_id: str) -> Answer:
    """Read one target."""
    return _shown(collecting.targets().get(target_id))


@targets.endpoint("PUT", _TARGET, scope=Scope.ADMIN)
def put_target(request: Request, target_id: str) -> Answer:
    """Change the fields that are given, as PATCH does."""
    return _change(request, target_id)


@targets.endpoint("PATCH", _TARGET, scope=Scope.ADMIN)
def change_target(request: Request, target_id: str) -> Answer:
    """Change the fields that are given; secrets that are not named stay."""
    return _change(request, target_id)


@targets.endpoint("DELETE", _TARGET, scope=Scope.ADMIN)
def delete_target(request: Request, target_id: str) -> Answer:
    """Delete a target; its samples stay."""
    expected = request.expected_version()
    collecting.targets().delete(target_id, expected=expected, actor=_actor(request), now=request.now)
    return Answer(None, 204)


def _change(request: Request, target_id: str) -> Answer:
    expected = request.expected_version()
    changed = collecting.targets().change(
        target_id, request.json(), expected=expected, actor=_actor(request), now=request.now
    )
    return _shown(changed)


def _shown(record: TargetRecord, status: int = 200) -> Answer:
    from chalicelib.domain.target_form import show_target

    return Answer(show_target(record), status, {"ETag": f'"{record.version}"'})


def _actor(request: Request) -> str:
    return alerting.actor(request.grant.token_id)
