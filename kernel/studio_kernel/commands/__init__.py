"""The kernel's commands, a module each."""
