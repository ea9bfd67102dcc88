"""A console frame as bytes."""

from pole.codec.frame_line import put


class _Out:
    data = b""

    def write(self, piece):
        self.data += piece


def framed(body):
    out = _Out()
    put(out, body)
    return out.data
