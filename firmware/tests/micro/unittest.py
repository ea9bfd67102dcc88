"""The part of unittest that the firmware's tests use, for interpreters that carry none.

Prints a line a test and ends with a machine-read line: `inner: {"passed": 12, "failed": 0, "skipped": []}`.
A class or a module that cannot run everywhere says what it needs, `NEEDS = ("sockets",)`; where that is not
provided it is left out, which is not a skip.
"""

import json
import sys


class SkipTest(Exception):
    pass


class _Raises:
    def __init__(self, expected):
        self.expected = expected
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            raise AssertionError("%r not raised" % (self.expected,))
        self.exception = error
        return issubclass(kind, self.expected)


class _SubTest:
    """Only names what was tried: the first failure ends the test, as an assertion does."""

    def __init__(self, message, values):
        self.text = "%s %r" % (message or "", values)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind and not issubclass(kind, SkipTest):
            print("  in subTest", self.text)
        return False


def _say(message, *what):
    text = " ".join([w if isinstance(w, str) else repr(w) for w in what])
    return text + (": " + str(message) if message else "")


class TestCase:
    def setUp(self):
        pass

    def tearDown(self):
        pass

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def addCleanup(self, function, *args, **named):
        if not hasattr(self, "_cleanups"):
            self._cleanups = []
        self._cleanups.append((function, args, named))

    def doCleanups(self):
        left = getattr(self, "_cleanups", [])
        while left:
            function, args, named = left.pop()
            function(*args, **named)

    def skipTest(self, reason):
        raise SkipTest(reason)

    def subTest(self, msg=None, **values):
        return _SubTest(msg, values)

    def fail(self, msg=""):
        raise AssertionError(msg)

    def assertTrue(self, x, msg=""):
        if not x:
            raise AssertionError(_say(msg, x, "is not true"))

    def assertFalse(self, x, msg=""):
        if x:
            raise AssertionError(_say(msg, x, "is not false"))

    def assertEqual(self, x, y, msg=""):
        if not x == y:
            raise AssertionError(_say(msg, x, "!=", y))

    def assertNotEqual(self, x, y, msg=""):
        if x == y:
            raise AssertionError(_say(msg, x, "==", y))

    assertListEqual = assertTupleEqual = assertDictEqual = assertSequenceEqual = assertEqual

    def assertCountEqual(self, x, y, msg=""):
        left = list(y)
        for item in x:
            if item not in left:
                raise AssertionError(_say(msg, item, "too often in", x))
            left.remove(item)
        if left:
            raise AssertionError(_say(msg, left, "missing in", x))

    def assertIs(self, x, y, msg=""):
        if x is not y:
            raise AssertionError(_say(msg, x, "is not", y))

    def assertIsNot(self, x, y, msg=""):
        if x is y:
            raise AssertionError(_say(msg, x, "is", y))

    def assertIsNone(self, x, msg=""):
        self.assertIs(x, None, msg)

    def assertIsNotNone(self, x, msg=""):
        self.assertIsNot(x, None, msg)

    def assertIsInstance(self, x, kind, msg=""):
        if not isinstance(x, kind):
            raise AssertionError(_say(msg, x, "is no", kind))

    def assertIn(self, x, y, msg=""):
        if x not in y:
            raise AssertionError(_say(msg, x, "not in", y))

    def assertNotIn(self, x, y, msg=""):
        if x in y:
            raise AssertionError(_say(msg, x, "in", y))

    def assertLess(self, x, y, msg=""):
        if not x < y:
            raise AssertionError(_say(msg, x, "not <", y))

    def assertLessEqual(self, x, y, msg=""):
        if not x <= y:
            raise AssertionError(_say(msg, x, "not <=", y))

    def assertGreater(self, x, y, msg=""):
        if not x > y:
            raise AssertionError(_say(msg, x, "not >", y))

    def assertGreaterEqual(self, x, y, msg=""):
        if not x >= y:
            raise AssertionError(_say(msg, x, "not >=", y))

    def assertAlmostEqual(self, x, y, places=7, msg="", delta=None):
        limit = delta if delta is not None else 0.5 * 10**-places
        if not abs(x - y) <= limit:
            raise AssertionError(_say(msg, x, "not within", limit, "of", y))

    def assertRaises(self, expected, function=None, *args, **named):
        context = _Raises(expected)
        if function is None:
            return context
        with context:
            function(*args, **named)
        return context


def skip(reason):
    def skipped(what):
        if isinstance(what, type):
            what.setUpClass = classmethod(lambda cls: _raise_skip(reason))
            return what
        return lambda *args: _raise_skip(reason)

    return skipped


def _raise_skip(reason):
    raise SkipTest(reason)


def skipIf(condition, reason):
    return skip(reason) if condition else lambda what: what


def skipUnless(condition, reason):
    return skipIf(not condition, reason)


class _Tally:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = []

    def run(self, name, function):
        """True if `function` passed: notes what happened either way."""
        try:
            function()
        except SkipTest as reason:
            self.skipped.append("%s: %s" % (name, reason))
            print("skip", name, reason)
            return False
        except Exception as error:
            self.failed += 1
            print("FAIL", name)
            sys.print_exception(error)
            return False
        return True


def _one(case, method):
    case.setUp()
    try:
        getattr(case, method)()
    finally:
        try:
            case.tearDown()
        finally:
            case.doCleanups()


def _run_class(kind, tally):
    methods = sorted([m for m in dir(kind) if m.startswith("test") and callable(getattr(kind, m))])
    if not methods or not tally.run(kind.__name__, kind.setUpClass):
        return
    for method in methods:
        name = kind.__name__ + "." + method
        if tally.run(name, lambda m=method: _one(kind(), m)):
            tally.passed += 1
            print("ok  ", name)
    tally.run(kind.__name__ + ".tearDownClass", kind.tearDownClass)


def run(module, provides):
    """Run every TestCase of a module whose NEEDS this interpreter provides, and print the tally."""
    tally = _Tally()
    provides = set(provides)
    for name in sorted(dir(module)):
        kind = getattr(module, name)
        if isinstance(kind, type) and issubclass(kind, TestCase):
            if set(getattr(kind, "NEEDS", ())) <= provides:
                _run_class(kind, tally)
    print("inner:", json.dumps({"passed": tally.passed, "failed": tally.failed, "skipped": tally.skipped}))


def main(*args, **named):
    """`if __name__ == "__main__": unittest.main()` for a file that is run by hand."""
    run(sys.modules["__main__"], ("sockets", "files", "ssl", "cryptolib", "micropython"))
