"""The façade of the hooks: one typed method for each, and nobody else who names one."""

import inspect
import re
from pathlib import Path

from studio_kernel import hookspecs
from studio_kernel.hooks import Hooks

ROOT = Path(__file__).parents[3]
KERNEL = ROOT / "kernel" / "studio_kernel"
# Declares hooks for other hooks to be found by, before there is a façade.
REGISTRATION = {"hooks.py", "hookspecs.py", "plugins.py"}


def hooks_of_the_kernel():
    return {
        name for name, member in vars(hookspecs).items() if name.startswith("studio_") and inspect.isfunction(member)
    }


def test_each_hook_has_its_method():
    source = inspect.getsource(Hooks)
    assert set(re.findall(r'"(studio_[a-z_]+)"', source)) == hooks_of_the_kernel() - {"studio_hookspecs"}


def test_nobody_else_in_the_kernel_names_a_hook():
    named = re.compile("|".join(f'"{hook}"' for hook in hooks_of_the_kernel()))
    files = [file for file in KERNEL.rglob("*.py") if file.name not in REGISTRATION]
    found = {file.name: named.findall(file.read_text(encoding="utf-8")) for file in files}
    # NOTE: the gauge of jobs, and the first key of a file of mappings, have a name like a hook's.
    assert {name: hits for name, hits in found.items() if hits and name not in ("telemetry.py", "mappings.py")} == {}
