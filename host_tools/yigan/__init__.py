"""yigan: the host side of a smart pole. One pole, many uses (一杆多用)."""

__version__ = "0.1.0"
