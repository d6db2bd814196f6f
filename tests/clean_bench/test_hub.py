"""Where a request to the hub goes first, and that a missing network is noticed at once."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from huggingface_hub import constants

from clean_bench import hub
from clean_bench.errors import UserError


def test_the_proxy_is_what_must_be_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "proxy_bypass", lambda host: False)
    for proxy, address in [
        (None, ("hub.example", 443)),
        ("http://proxy.example:3128", ("proxy.example", 3128)),
        ("proxy.example:3128", ("proxy.example", 3128)),
    ]:
        monkeypatch.setattr(
            hub, "getproxies", lambda proxy=proxy: {"https": proxy} if proxy else {}
        )
        assert hub._address("https://hub.example") == address


def test_a_lookup_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)

    def hang(*_: object, **__: object) -> None:
        release.wait(60)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", hang)
    begun = time.monotonic()
    with pytest.raises(UserError, match="checkpoint org/model: the hub cannot be reached"):
        hub.require_hub("checkpoint org/model", "a folder")
    assert time.monotonic() - begun < 20
    release.set()
