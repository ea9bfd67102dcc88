"""Scripts that run on the board, pasted into its raw REPL; the host reads them as text and never imports them."""
