"""Processes that this program starts: they end with it, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.process import BaseProcess


def end_with_parent() -> None:
    """In a child: end when the parent ends, and leave Ctrl-C to the parent.

    A parent that is killed cannot end its children. They would keep its standard output open, and a
    pipe behind it would not end. Ctrl-C reaches all processes of a terminal; the parent ends the others.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _exit_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
