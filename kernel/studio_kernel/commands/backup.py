"""``studio backup`` and ``studio restore``"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from studio_kernel.commands.session import audited, json_option, platform_session, show

if TYPE_CHECKING:
    from studio_kernel.backup.archive import Archive, Manifest
    from studio_kernel.backup.making import Watch
    from studio_kernel.backup.restoring import Options, Restored

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--without-files", is_flag=True, help="Only the database; the stored files are kept elsewhere.")
@click.option(
    "--with-secrets", is_flag=True, help="Put the platform's key in too: whoever has the file has everything."
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier FILE once the new one is complete.")
@json_option
def backup(file: Path, without_files: bool, with_secrets: bool, overwrite: bool, as_json: bool) -> None:
    """Write everything to FILE while the platform runs: all rows as of one moment, and the stored files.

    Secrets in it stay sealed with the platform's key, which isn't in it unless you ask. Exit code 1 when stored files
    were missing; the backup has all others.
    """
    from studio_kernel.app import open_as_it_is
    from studio_kernel.backup.making import Wanted, make_backup

    wanted = Wanted(files=not without_files, key=with_secrets, overwrite=overwrite)
    with open_as_it_is() as platform, audited("backup", platform), _bars(as_json) as watch:
        manifest = make_backup(platform, file, wanted, watch)
    facts = {
        "file": str(file),
        "bytes": file.stat().st_size,
        "rows": manifest.rows,
        "files": manifest.files.count,
        "missing_files": manifest.files.missing,
        "left_out": manifest.left_out,
        "with_secrets": with_secrets,
    }
    show(facts, as_json, lambda: _made(file, manifest))
    if manifest.files.missing:
        sys.exit(1)


def _made(file: Path, manifest: Manifest) -> str:
    lines = [f"{file}: {manifest.rows} rows, {manifest.files.count} stored files."]
    if not manifest.files.included:
        lines.append("The stored files are not in it: keep copies of them elsewhere.")
    if manifest.files.missing:
        lost = manifest.files.missing
        lines.append(f"MISSING: {len(lost)} stored files are gone or damaged, such as {lost[0]}.")
    if manifest.left_out:
        lines.append(f"Left out, because no installed plugin owns them: {', '.join(manifest.left_out)}.")
    if manifest.secrets:
        lines.append("It has the platform's keys: keep it where nobody else can read it.")
    else:
        lines.append("The platform's key is not in it: keep STUDIO_SECRET_KEY or the file secret.key elsewhere.")
    return "\n".join(lines)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--verify-only", is_flag=True, help="Check every hash and count in FILE, and do nothing else.")
@click.option("--another-key", is_flag=True, help="Go on without the key that secrets are sealed with; they are lost.")
@click.option(
    "--without-plugin", "without", multiple=True, metavar="NAME", help="Leave a plugin's data out; may be repeated."
)
@json_option
def restore(file: Path, verify_only: bool, another_key: bool, without: tuple[str, ...], as_json: bool) -> None:
    """Fill an empty install from FILE, on whichever database and file store is configured.

    FILE is read through and checked first. Rows come in one transaction: interrupted, nothing is there, and the same
    command starts over.
    """
    from studio_kernel.backup.restoring import Options, readable

    archive = readable(file)
    with _bars(as_json, check=file.stat().st_size) as watch:
        manifest = archive.verify(lambda size: watch("check", size, 0))
    if verify_only:
        facts = {
            "file": str(file),
            "created_at": manifest.created_at,
            "rows": manifest.rows,
            "files": manifest.files.count,
        }
        text = (
            f"{file}: sound. {manifest.rows} rows and {manifest.files.count} stored files as of {manifest.created_at}."
        )
        show(facts, as_json, lambda: text)
        return
    options = Options(another_key, without)
    with _bars(as_json) as watch:
        restored = _restore(archive, manifest, options, watch)
    facts = {"rows": restored.rows, "files": restored.files, "to_do": restored.lost}
    show(facts, as_json, lambda: _told(manifest, restored))


def _restore(archive: Archive, manifest: Manifest, options: Options, watch: Watch) -> Restored:
    from studio_kernel.app import open_as_it_is, open_for_migration
    from studio_kernel.backup import restoring

    with open_for_migration(every_plugin=True) as (database, steps, kernel):
        restoring.require_room(database, steps, manifest, options)
        restoring.settle_key(kernel, archive, manifest, options)
    with open_as_it_is() as platform:
        restored = restoring.restore(platform, archive, manifest, options, watch)
    with platform_session("restore") as platform:
        restoring.finish_restore(platform)
    return restored


def _told(manifest: Manifest, restored: Restored) -> str:
    lines = [f"Restored {restored.rows} rows and {restored.files} stored files as of {manifest.created_at}."]
    if not manifest.files.included:
        lines.append("The backup has no stored files: put them back into the file store before you start.")
    lines += [f"Lost with the key: {table}. To do: {advice}." for table, advice in restored.lost.items()]
    lines.append("Start with `studio serve`; graph and indexes are made again in the background.")
    return "\n".join(lines)


@contextlib.contextmanager
def _bars(hidden: bool, **lengths: int) -> Iterator[Watch]:
    """A progress bar for each thing that is done, one after the other; on standard error."""
    with contextlib.ExitStack() as stack:
        bars: dict[str, Any] = {}

        def watch(what: str, done: int, total: int) -> None:
            if what not in bars:
                stack.close()
                bar = click.progressbar(length=lengths.get(what, total), label=what, hidden=hidden, file=sys.stderr)
                bars[what] = stack.enter_context(bar)
            bars[what].update(done)

        yield watch
