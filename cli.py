"""Runs the ``studio`` command from a checkout: ``python cli.py serve``. The installed script is the same command."""

from studio_kernel.cli import main

if __name__ == "__main__":
    main()
