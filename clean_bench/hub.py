"""Whether the Hugging Face hub can be reached: noticed at once, never waited for."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from clean_bench.errors import UserError

CONNECT_SECONDS = 1.5


def reachable() -> bool:
    """Whether the hub, or the proxy that leads there, takes a connection in `CONNECT_SECONDS`.

    False where HF_HUB_OFFLINE is set. The attempt is made in a thread, because a name lookup has no
    time limit of its own.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    address = _address(constants.ENDPOINT)
    reached = threading.Event()

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=CONNECT_SECONDS).close()
        except OSError:
            return
        reached.set()

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    return reached.is_set()


def require(what: str, instead: str) -> None:
    """Go on only with a network.

    Raises:
        UserError: if the hub cannot be reached; the line says what could be given instead.
    """
    if not reachable():
        raise UserError(f"{what}: the hub cannot be reached from here; give {instead} instead")


def _address(endpoint: str) -> tuple[str, int]:
    """Host and port that a request to the endpoint goes to first."""
    url = urlsplit(endpoint)
    proxy = getproxies().get(url.scheme)
    if proxy and not proxy_bypass(url.hostname or ""):
        url = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    return url.hostname or "", url.port or (80 if url.scheme == "http" else 443)
