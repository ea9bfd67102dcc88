"""Puts a bundle on a MicroPython board over its serial console: only what it lacks, verified, switched at once."""
