"""The testing kit's fixtures come from its pytest plugin, which is installed with the kernel."""
