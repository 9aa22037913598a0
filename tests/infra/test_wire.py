"""The storm's bad network does what it says: a request is dealt with, and its answer is lost."""

from __future__ import annotations

import pytest
import requests

from infra.storm import wire
from tests.scripted_api import scripted_api


def test_answers_come_through_a_good_wire_and_are_lost_on_a_bad_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_DELAY", 0.0)
    monkeypatch.setattr(wire, "_LOST", 1.0)
    with scripted_api() as api, wire.Wire(api.url).open() as way:
        assert requests.post(f"{way.address}/good", json=1, timeout=30).status_code == 202
        way.is_bad = True
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{way.address}/bad", json=2, timeout=30)
        way.is_bad = False
        assert requests.post(f"{way.address}/good", json=3, timeout=30).status_code == 202
    assert api.bodies == [1, 2, 3]
    assert way.lost == 1
