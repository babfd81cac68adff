"""`aggregator doctor`."""

from __future__ import annotations

from tests.command_line import Command


def test_the_doctor_examines_the_installation(fetched: Command) -> None:
    done = fetched("doctor", "--json")

    findings = done.document()
    assert all(set(one) >= {"check", "ok", "detail", "fix"} for one in findings)
    assert done.code == (0 if all(one["ok"] for one in findings) else 1)
    assert "config" in fetched("doctor").out
