"""Memory that was freed, given back to the system."""

from __future__ import annotations


def trim() -> None:
    """Gives freed memory back where the C library can (glibc: malloc_trim(3)); else nothing.

    After a large batch glibc keeps what was freed between what still lives.
    """
    import ctypes  # noqa: PLC0415 - a run that matched nothing needs it not

    release = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if release is not None:
        release(0)
