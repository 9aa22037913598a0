"""Which AWS actions the adapters that a function reaches can call, read from their source."""

from __future__ import annotations

import ast
import re

from tests.laws.reach import Reach, path_of, tree_of

# The action behind a method is its name in camel case, except for these.
_ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "s3:HeadObject": "s3:GetObject",
    "sesv2:SendEmail": "ses:SendRawEmail",  # what SES asks for when the mail is handed over whole
}


def aws_calls(reach: Reach) -> set[str]:
    """Actions like `sqs:SendMessage` of the classes that are built, as far as somebody calls the method they are in."""
    found: set[str] = set()
    for module, name in reach.built:
        if path_of(module) is None or module.startswith("chalicelib.wiring"):
            continue
        classes = {each.name: each for each in tree_of(module).body if isinstance(each, ast.ClassDef)}
        wanted = classes.get(name)
        if wanted is None:
            continue
        family = [
            wanted,
            *(classes[base.id] for base in wanted.bases if isinstance(base, ast.Name) and base.id in classes),
        ]
        service = next((_service(each) for each in family if _service(each)), "")
        if service:
            for each in family:
                found |= {action(service, method) for method in _methods(each, reach.said)}
    return found


def action(service: str, method: str) -> str:
    """IAM's name for what a boto3 client's method does."""
    called = f"{service}:{re.sub(r'(?:^|_)([a-z])', lambda each: each[1].upper(), method)}"
    return _ACTIONS.get(called, called)


def _service(node: ast.ClassDef) -> str:
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "boto3.client":
            (name, *_) = each.args
            assert isinstance(name, ast.Constant)
            return str(name.value)
    return ""


def _methods(node: ast.ClassDef, said: set[str]) -> set[str]:
    """The client's methods that are called in methods whose names somebody says, or that only this class calls."""
    found = set()
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and (method.name in said or method.name.startswith("_")):
            for each in ast.walk(method):
                if isinstance(each, ast.Attribute) and ast.unparse(each.value) == "self._client":
                    found.add(each.attr)
    return found - {"exceptions"}  # a name for what the methods raise
