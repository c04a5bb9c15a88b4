"""``python -m studio_kernel`` is the command ``studio``."""

from studio_kernel.cli import main

main()
