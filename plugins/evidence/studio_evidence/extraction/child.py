"""Runs in a process of its own: reads one file and writes its text to the standard output, a line of JSON a part.

Started by :mod:`studio_evidence.extraction.sandbox` as a script, with the job as JSON on the standard input. It binds
itself to its limits before it imports anything that looks at the file. The last line tells how it ended.
"""

import importlib
import json
import sys


def main() -> None:
    job = json.loads(sys.stdin.readline())
    bind(job["memory"], job["seconds"], job["largest_file"])
    sys.path[:] = job["sys_path"]
    try:
        end = extract(job)
    except MemoryError:
        end = {"state": "too_costly", "reason": "memory"}
    say(end)
    sys.stdout.flush()
    # NOTE: nothing that the readers left behind is worth waiting for.
    import os

    os._exit(0)


def bind(memory: int, seconds: int, largest_file: int) -> None:
    """Give up what a hostile file could misuse. ``memory`` and ``largest_file`` in bytes; ``seconds`` of CPU."""
    try:
        import resource
    except ImportError:
        # NOTE: Windows has no such limits; the parent still bounds time and output.
        return
    limits = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: largest_file,
        resource.RLIMIT_CORE: 0,
    }
    for kind, wanted in limits.items():
        _, hard = resource.getrlimit(kind)
        least = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(kind, (least, least))
        except (ValueError, OSError):
            # NOTE: macOS refuses limits of memory.
            continue


def refuse_network(event: str, arguments: object) -> None:
    """APPSEC: an audit hook; reading a file needs no connection, whatever the file refers to."""
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"):
        raise PermissionError("readers have no network")


def extract(job: dict) -> dict:  # type: ignore[type-arg]  # as JSON gives them
    """Write the parts; the last line."""
    from pathlib import Path

    from studio_evidence.extraction.extractors import Unreadable

    sys.addaudithook(refuse_network)
    module, _, name = job["target"].partition(":")
    left = job["characters"]
    try:
        for part in getattr(importlib.import_module(module), name)(Path(job["path"])):
            text = part.text[:left]
            say({"text": text, "kind": part.kind, "label": part.label[:200]})
            left -= len(text)
            if left <= 0:
                return {"state": "extracted", "truncated": True}
    except Unreadable as error:
        return {"state": "protected" if error.protected else "damaged", "reason": str(error)[:300]}
    except MemoryError:
        raise
    except BaseException as error:
        if exhausted(job["memory"]):
            raise MemoryError from error
        return {"state": "damaged", "reason": "", "detail": f"{type(error).__name__}: {error}"[:500]}
    return {"state": "extracted", "truncated": False}


def exhausted(memory: int) -> bool:
    """Whether the process came close to its limit: libraries in C tell of it by errors of their own."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmPeak:"))
    except (OSError, StopIteration):
        return False
    return peak * 1024 > memory * 0.85


def say(line: dict) -> None:  # type: ignore[type-arg]
    """One line for the parent."""
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
