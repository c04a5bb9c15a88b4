"""The wheel of the Python client, installed where nothing of the platform is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.server import EMAIL, PASSWORD

SDK = Path(__file__).parents[2] / "sdk" / "python"

_JOB = """
import sys
from studio_platform import StudioAPI
api = StudioAPI(base_url=sys.argv[1]).login(sys.argv[2], sys.argv[3])
print(api.users.me().email, api.projects.list().pagination.limit)
try:
    import studio_kernel
except ImportError:
    print("alone")
"""


def test_the_wheel_works_alone(server, tmp_path):
    run = {"capture_output": True, "text": True, "timeout": 170, "check": True}
    build = "import os, sys; os.chdir(sys.argv[1]); from hatchling.build import build_wheel; build_wheel(sys.argv[2])"
    subprocess.run([sys.executable, "-c", build, SDK, tmp_path], **run)
    wheel = next(tmp_path.glob("*.whl"))
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], **run)
    python = venv / "bin" / "python"
    constraints = SDK.parents[1] / "constraints.txt"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--constraint", constraints, wheel]
    subprocess.run(pip, **run)
    done = subprocess.run([python, "-c", _JOB, server.base, EMAIL, PASSWORD], cwd=tmp_path, **run)
    assert done.stdout.split() == [EMAIL, "20", "alone"]
