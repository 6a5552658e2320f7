"""The configuration that travels with the package: a root file, and a folder per group."""
