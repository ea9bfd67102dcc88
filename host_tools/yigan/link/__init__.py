"""Ways to a board: a serial port (or one over the network), the raw REPL on it, the pole's console service."""
