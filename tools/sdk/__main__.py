"""Writes the generated parts of both SDKs, or with ``--check`` says which file is stale (exit code 1)."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from sdk.javascript import JavaScriptWriter
from sdk.python import PythonWriter
from sdk.spec import Document
from studio_kernel.app import build_platform
from studio_kernel.plugins import BUILT_IN, installed_plugins

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "sdk" / "python" / "studio_platform"
JAVASCRIPT = ROOT / "sdk" / "javascript" / "src"


def main() -> int:
    """Write every file, or check that each is as it would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = {file: text for file, text in _files().items() if _read(file) != text}
    for file, text in stale.items():
        shown = file.relative_to(ROOT)
        print(f"{shown} is stale: run `make docs`" if check else f"wrote {shown}")
        if not check:
            file.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


def _files() -> dict[Path, str]:
    found = [each for each in installed_plugins() if each.name in BUILT_IN]
    with tempfile.TemporaryDirectory() as home:
        platform = build_platform(found=found, environment={}, overrides={"home": home})
        document = Document(platform.openapi())
        platform.close()
    files = {PYTHON / name: _formatted(text) for name, text in PythonWriter(document).files().items()}
    return files | {JAVASCRIPT / name: text for name, text in JavaScriptWriter(document).files().items()}


def _formatted(text: str) -> str:
    ruff = Path(sys.executable).parent / "ruff"
    for command in (["check", "--fix", "--exit-zero", "--quiet"], ["format", "--quiet"]):
        arguments = [str(ruff), *command, "--stdin-filename", str(PYTHON / "generated.py"), "-"]
        text = subprocess.run(arguments, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return text


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
