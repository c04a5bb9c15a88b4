"""``studio audit``"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import click

from studio_kernel.audit.anchors import Anchors, append, read_anchors, send
from studio_kernel.audit.export import ExportCheck, Exporter, check_export
from studio_kernel.audit.keys import add_key
from studio_kernel.audit.verify import Report, Verifier
from studio_kernel.clock import parse_rfc3339, to_text
from studio_kernel.commands.session import json_option, platform_session, show
from studio_kernel.errors import ConfigurationError, Conflict

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def audit() -> None:
    """Seal, verify, anchor and export the audit log."""


@audit.command("verify")
@click.option("--anchor", "anchors", type=_FILE, multiple=True, help="File of anchors that must hold; repeatable.")
@click.option("--file", "export", type=_FILE, help="Check this export instead of the database.")
@click.option("--public-key", "keys", multiple=True, help="With --file: a key of the install; repeatable.")
@json_option
def verify(anchors: Sequence[Path], export: Path | None, keys: Sequence[str], as_json: bool) -> None:
    """Recompute the whole log and name the first entry that isn't as it was. Exit code 1 when there is one.

    Anchors that the platform keeps in its home count as well. With --file neither database nor secrets are needed.
    """
    if export is not None:
        _verify_file(export, keys, as_json)
        return
    with platform_session("audit.verify") as platform:
        own = platform.audit_anchor_file
        files = [*anchors, *([own] if own.exists() else [])]
        found = [anchor for file in files for anchor in read_anchors(file)]
        report = Verifier(platform.database, platform.audit.keys).verify(found, progress=_show_progress)
    show(_reported(report), as_json, lambda: _told(report))
    sys.exit(0 if report.sound else 1)


def _show_progress(done: int, of: int) -> None:
    if sys.stderr.isatty() and (done % 20 == 0 or done == of):
        click.echo(f"\rseal {done} of {of}", nl=done == of, err=True)


def _reported(report: Report) -> dict[str, Any]:
    head = report.head or {}
    return asdict(report) | {
        "sound": report.sound,
        "head": {name: head[name] for name in ("number", "hash", "total", "sealed_at")} if head else None,
        "problems": [asdict(problem) for problem in report.problems],
    }


def _told(report: Report) -> str:
    lines = [str(problem) for problem in report.problems]
    if report.broken > len(lines):
        lines.append(f"… and {report.broken - len(lines)} more")
    lines.append(f"{report.entries} sealed entries in {report.seals} seals, {report.anchors} anchors")
    if report.pruned_seals:
        lines.append(f"{report.pruned_seals} seals are without entries, which were deleted for their age")
    if report.unsealed:
        lines.append(f"{report.unsealed} entries are not sealed yet, the oldest of {report.unsealed_since}")
    lines.append("The audit log is as it was written." if report.sound else "THE AUDIT LOG WAS CHANGED.")
    return "\n".join(lines)


def _verify_file(file: Path, keys: Sequence[str], as_json: bool) -> None:
    try:
        with file.open("rb") as lines:
            check = check_export(lines, keys)
    except OSError as error:
        raise click.ClickException(f"can't read {file}: {error.strerror}") from error
    show(asdict(check), as_json, lambda: _checked(check))
    sys.exit(1 if check.problems else 0)


def _checked(check: ExportCheck) -> str:
    span = f"from {check.since or 'the beginning'} to {check.until}"
    lines = [*check.problems[:20], f"{check.entries} entries in {check.seals} seals, {span}"]
    if check.anchor and (anchored := str(check.anchor["anchored_at"])) < check.until:
        lines.append(f"What came after {anchored}, the moment of its anchor, can't be in it.")
    if check.pruned:
        lines.append(f"{check.pruned} seals are without entries, which were deleted for their age")
    if not check.trusted:
        lines.append("No --public-key was given: this shows that the file is of one piece, not whose it is.")
    lines.append("The export doesn't hold." if check.problems else "The export holds.")
    return "\n".join(lines)


@audit.command("export")
@click.option("--since", default="", help="First moment, RFC 3339; default: the beginning.")
@click.option("--until", default="", help="Moment after the last, RFC 3339; default: now.")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--out", type=_FILE, help="File to write; default: standard output.")
def export(since: str, until: str, form: str, out: Path | None) -> None:
    """Write entries of a span of time: JSON lines with proofs, or CSV for people. Seals first what isn't sealed."""
    with platform_session("audit.export") as platform:
        platform.sealer.seal()
        exporter = Exporter(platform.database, _anchors(platform))
        span = (_moment(since, ""), _moment(until, to_text(platform.clock())))
        parts = exporter.lines(*span) if form == "jsonl" else (row.encode() for row in exporter.rows(*span))
        with contextlib.ExitStack() as stack:
            stream: BinaryIO = stack.enter_context(out.open("wb")) if out else sys.stdout.buffer
            for part in parts:
                stream.write(part)


def _moment(text: str, otherwise: str) -> str:
    try:
        return to_text(parse_rfc3339(text)) if text else otherwise
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@audit.command("anchor")
@click.option("--out", type=_FILE, help="Add it to this file.")
@click.option("--url", default="", help="POST it there.")
@json_option
def anchor(out: Path | None, url: str, as_json: bool) -> None:
    """Print a signed line that tells how the log ends now; keep it where nobody who could change the log can reach."""
    with platform_session("audit.anchor") as platform:
        platform.sealer.seal()
        made = _anchors(platform).make()
    if made is None:
        raise Conflict("There is nothing in the audit log yet")
    if out is not None:
        append(out, made)
    if url:
        send(url, made)
    show(made, as_json, lambda: json.dumps(made))


def _anchors(platform: Any) -> Anchors:
    return Anchors(platform.database, platform.clock, platform.audit.keys)


@audit.command("seal")
@json_option
def seal(as_json: bool) -> None:
    """Seal now what a worker would seal within seconds."""
    with platform_session("audit.seal") as platform:
        count = platform.sealer.seal()
    show({"sealed": count}, as_json, lambda: f"Sealed {count} entries.")


@audit.command("adopt")
@click.confirmation_option(prompt="Entries from before the seal will count as genuine, as they are now. Go on?")
@json_option
def adopt(as_json: bool) -> None:
    """Sign entries that were written by a version that had no seal yet."""
    with platform_session("audit.adopt") as platform:
        count = platform.sealer.adopt()
    show({"adopted": count}, as_json, lambda: f"Signed {count} entries.")


@audit.command("keys")
@click.option("--reveal", is_flag=True, help="Print the secrets too, for STUDIO_AUDIT_KEYS on other hosts.")
@json_option
def keys(reveal: bool, as_json: bool) -> None:
    """The keys of the seal, oldest first: id and public key."""
    with platform_session("audit.keys") as platform:
        found = [
            {"id": key.id, "public_key": key.public_key, **({"secret": key.secret} if reveal else {})}
            for key in platform.audit.keys.all
        ]
    show(found, as_json, lambda: "\n".join("  ".join(each.values()) for each in found))


@audit.command("rotate-key")
@json_option
def rotate_key(as_json: bool) -> None:
    """Make a new key that signs from the next start on; the old ones stay, to confirm what they signed.

    An anchor is written first, so that nobody who has the old key can put anything before the change.
    """
    with platform_session("audit.rotate-key") as platform:
        if platform.settings.kernel.audit_keys.get_secret_value():
            raise ConfigurationError(["STUDIO_AUDIT_KEYS is set: add a key at its end and restart every process"])
        platform.sealer.seal()
        if (made := _anchors(platform).make()) is not None:
            append(platform.audit_anchor_file, made)
        newest = add_key(platform.home, platform.audit.keys).newest
    file = platform.home / "audit.keys"
    told = {"id": newest.id, "public_key": newest.public_key, "file": str(file)}
    lines = (
        f"New key {newest.id}, public key {newest.public_key}. Restart every process.",
        f"Keep {file}: without it nobody can seal or verify. Hosts that don't share it need STUDIO_AUDIT_KEYS.",
    )
    show(told, as_json, lambda: "\n".join(lines))
