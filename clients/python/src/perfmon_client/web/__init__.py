"""Middleware for web applications: response time, requests and errors of every route."""

from perfmon_client.web.asgi import AsgiMiddleware
from perfmon_client.web.wsgi import WsgiMiddleware

__all__ = ["AsgiMiddleware", "WsgiMiddleware"]
