"""Writes the site as static files, or with ``--check`` says which links lead nowhere (exit code 1)."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from studio_portal.docs.links import problems
from studio_portal.docs.repository import Repository, installed
from studio_portal.docs.site import SEARCH, Site


def main() -> int:
    """Check the links; write the files unless only the check was asked for."""
    parser = argparse.ArgumentParser(prog="python -m studio_portal.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--root", type=Path, help="a checkout; default: the one around this package, or its own copy")
    parser.add_argument(
        "--out", type=Path, default=Path("build/site"), help="folder to write to; an earlier site in it is replaced"
    )
    options = parser.parse_args()
    site = Site(Repository(options.root.absolute()) if options.root else installed())
    found = problems(site)
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    if not found and not options.check:
        sys.stdout.write(f"wrote {write(site, options.out)} files to {options.out}\n")
    return 1 if found else 0


def write(site: Site, folder: Path) -> int:
    """Put every file of the site into a folder, in place of an earlier site; how many there are."""
    if folder.exists() and any(folder.iterdir()) and not (folder / SEARCH).exists():
        raise SystemExit(f"{folder} holds something else than an earlier site; name another folder")
    shutil.rmtree(folder, ignore_errors=True)
    addresses = site.addresses()
    for each in addresses:
        found = site.file(each)
        assert found is not None
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        (folder / each).write_bytes(found.content)
    return len(addresses)


if __name__ == "__main__":
    sys.exit(main())
