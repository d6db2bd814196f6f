"""Check within seconds whether the Hugging Face hub can be reached."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from clean_bench.errors import HubUnreachable

CONNECT_SECONDS = 1.5


def reachable() -> bool:
    """Whether the hub, or the proxy to it, accepts a connection within `CONNECT_SECONDS`.

    False if HF_HUB_OFFLINE is set. The attempt runs in a thread, because a name lookup has no timeout.
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


def require_hub(name: str, alternative: str) -> None:
    """Raise `HubUnreachable` if the hub cannot be reached.

    Args:
        name: what is loaded from the hub, for the message.
        alternative: what the user can give instead, for the message.
    """
    if not reachable():
        raise HubUnreachable(f"{name}: the hub cannot be reached; give {alternative} instead")


def _address(endpoint: str) -> tuple[str, int]:
    """Host and port of the endpoint, or of the proxy to it."""
    url = urlsplit(endpoint)
    proxy = getproxies().get(url.scheme)
    if proxy and not proxy_bypass(url.hostname or ""):
        url = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    return url.hostname or "", url.port or (80 if url.scheme == "http" else 443)
