"""`aggregator doctor`: examines the whole installation."""

from __future__ import annotations

import click
from msgspec.structs import asdict

from aggregator.cli import show
from aggregator.cli.options import json_option
from aggregator.cli.session import Session, utc_now


@click.command()
@json_option
@click.pass_obj
def doctor(session: Session, *, as_json: bool) -> int:
    """Checks the whole installation, and says what to do."""
    from aggregator.serving.doctor import examine

    findings = examine(session.config(), utc_now())
    if as_json:
        show.as_document([asdict(finding) for finding in findings])
    else:
        for finding in sorted(findings, key=lambda finding: finding.ok):
            mark = click.style("ok  ", fg="green") if finding.ok else click.style("FAIL", fg="red")
            text = f"{finding.check.replace('_', ' ')}: {finding.detail}"
            show.paragraph(text, indent=6, first=f"{mark}  ")
            if finding.fix:
                show.paragraph(finding.fix, indent=9, first="      -> ")
    return 0 if all(finding.ok for finding in findings) else 1
