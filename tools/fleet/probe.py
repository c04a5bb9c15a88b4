"""A third-party plugin with periodic work that leaves a trace of each run: how often was it really done?

It is installed for the fleet alone, as a folder on ``PYTHONPATH`` with an entry point.
"""

from __future__ import annotations

from pathlib import Path

_CODE = """
import os
from studio_kernel.hookspecs import hookimpl
from studio_kernel.jobs import JobType
from studio_kernel.plugins import PluginInfo


class Probe:
    info = PluginInfo(name="fleet_probe", version="1", summary="Leaves a trace of periodic work")

    @hookimpl
    def studio_jobs(self, platform):
        def run(run):
            line = f"{run.id} {run.attempt} {os.getpid()}\\n"
            with open(TRACE, "ab", buffering=0) as trace:
                trace.write(line.encode())

        return [JobType("fleet_probe.tick", run, summary="Ticks", every=1.0, max_attempts=10)]


plugin = Probe()
"""


def install_probe(folder: Path) -> Path:
    """Make the plugin importable from ``folder``; the file in which it leaves its traces."""
    trace = folder / "ticks.txt"
    trace.touch()
    (folder / "fleet_probe.py").write_text(f"TRACE = {str(trace)!r}\n{_CODE}")
    notes = folder / "fleet_probe-1.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: fleet-probe\nVersion: 1\n")
    (notes / "entry_points.txt").write_text("[studio.plugins]\nfleet_probe = fleet_probe:plugin\n")
    return trace
