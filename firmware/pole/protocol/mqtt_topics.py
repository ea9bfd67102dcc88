"""Topics of a pole: `<prefix>/<pole id>/` and a point's name with `/` for `.`."""

_SET, _RESULT = b"/set", b"/result"
_STRANGER = 32  # a name that is no point's may be this long and still get an answer


class Topics:
    """The topics of all points, in one piece of memory. `base` ends with a slash."""

    def __init__(self, prefix, pole_id, store):
        self.base = ("%s/%s/" % (prefix, pole_id)).encode()
        names = [store.name(i).replace(".", "/").encode() for i in range(store.n)]
        self._text = memoryview(b"".join(names))
        self._ends = [0]
        for name in names:
            self._ends.append(self._ends[-1] + len(name))
        self._deepest = max([name.count(b"/") + 1 for name in names] + [3])
        self.longest = max([len(name) for name in names] + [_STRANGER]) + len(self.base) + len(_RESULT)

    def of(self, i):
        """The part of point i's topic behind `base`."""
        return self._text[self._ends[i] : self._ends[i + 1]]

    def filters(self):
        """What to subscribe to for commands: `+` stands for exactly one part of a name."""
        return [self.base + b"+/" * parts + b"set" for parts in range(1, self._deepest + 1)]

    def commanded(self, topic):
        """The name (bytes, with dots) that a command's topic is for, or None when it is no such topic."""
        if not topic.startswith(self.base) or not topic.endswith(_SET):
            return None
        return topic[len(self.base) : -len(_SET)].replace(b"/", b".")

    def result(self, name):
        """The part behind `base` of the topic that answers commands for `name`, or None if nobody can expect one."""
        topic = name.replace(b".", b"/") + _RESULT
        return topic if len(self.base) + len(topic) <= self.longest else None
