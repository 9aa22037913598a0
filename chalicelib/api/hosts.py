"""The inventory of hosts, and the audit trail."""

from __future__ import annotations

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.alert_form import show_alert
from chalicelib.domain.hosts import HostState, show_host
from chalicelib.domain.instants import to_iso
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import alerting

hosts = Resource(__name__)
_AUDIT_PAGE = 100


@hosts.endpoint("GET", "/monitoring/hosts", scope=Scope.READ, query=("state", "after"))
def list_hosts(request: Request) -> Answer:
    """List the hosts that have sent, whether they still do, and what their agents say of them."""
    inventory, after = alerting.host_inventory(), request.query("after")
    page, following = inventory.page(after, request.choices("state", HostState), request.now)
    answer = {"hosts": [show_host(host, request.now) for host in page], "next": following}
    # All are counted for the first page only: who follows the pages has the counts already.
    return Answer(answer if after else answer | {"counts": inventory.counts(request.now)})


@hosts.endpoint("GET", "/monitoring/hosts/{name}", scope=Scope.READ)
def get_host(request: Request, name: str) -> Answer:
    """Read one host with its active alerts."""
    host, alerts = alerting.host_inventory().get(name)
    return Answer(show_host(host, request.now) | {"alerts": [show_alert(episode) for episode in alerts]})


@hosts.endpoint("DELETE", "/monitoring/hosts/{name}", scope=Scope.MANAGE)
def forget_host(request: Request, name: str) -> Answer:
    """Forget a host that is gone for good: its alerts end; if it sends again, it is back."""
    alerting.host_inventory().forget(name, actor=alerting.actor(request.grant.token_id), now=request.now)
    return Answer(None, 204)


@hosts.endpoint("GET", "/monitoring/audit", scope=Scope.ADMIN, query=("after", "resource"))
def list_audit(request: Request) -> Answer:
    """List who changed what, the newest first."""
    before = request.whole_number("after", default=0, least=1, most=10**15 - 1) if request.query("after") else None
    found = alerting.audit_trail().page(before, _AUDIT_PAGE, resource=request.query("resource"))
    entries = [
        {
            "id": str(number),
            "at": to_iso(entry.at),
            "actor": entry.actor,
            "action": entry.action,
            "resource": entry.resource,
            "resourceId": entry.resource_id,
            "before": entry.before,
            "after": entry.after,
        }
        for number, entry in found
    ]
    return Answer({"entries": entries, "next": str(found[-1][0]) if len(found) == _AUDIT_PAGE else None})
