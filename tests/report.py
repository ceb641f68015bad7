"""Runs unittest cases, one line each, and ends with the closing line that ./test adds up.

    report.main(directory, pattern, argv)   the folder's run script ends with this

A case's line is its method name with spaces: a test is a sentence. Arguments choose cases whose file, class or
name contains one of them; -v prints passing cases too; -x stops at the first failure.
"""

import pathlib
import sys
import time
import traceback
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class _Result(unittest.TestResult):
    def __init__(self, verbose, stop_early):
        super().__init__()
        self.verbose = verbose
        self.failfast = stop_early
        self.passed = 0
        self._begun = 0.0
        self._failed_part = False

    def startTest(self, test):
        super().startTest(test)
        self._begun = time.monotonic()
        self._failed_part = False

    def _line(self, verdict, test, detail=""):
        if verdict == "ok" and not self.verbose:
            return
        took = time.monotonic() - self._begun if self._begun else 0.0
        print(f"{verdict:<6} {sentence(test)}  ({took:.1f} s)", flush=True)
        if detail:
            print("       " + detail.rstrip().replace("\n", "\n       "), flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self._line("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._line("FAILED", test, story(err))

    def addError(self, test, err):
        super().addError(test, err)
        self._line("FAILED", test, story(err))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._line("FAILED", subtest, story(err))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line("skip", test, reason)


def story(err):
    """Where in our own files it happened, innermost last, and what."""
    kind, value, trace = err
    places = [f"{pathlib.Path(frame.filename).name}:{frame.lineno}: {frame.line}"
              for frame in traceback.extract_tb(trace) if frame.filename.startswith(str(HERE))]
    text = str(value)
    if len(text) > 3000:
        text = text[:1500] + " … " + text[-1500:]
    return "\n".join(places[-4:] + [f"{kind.__name__}: {text}"])


def sentence(test):
    name = test.id()
    parts = name.split(".")
    if len(parts) >= 3:
        name = f"{parts[-3]}: {parts[-1].removeprefix('test_').replace('_', ' ')}"
    if " (" in str(test) and hasattr(test, "_subDescription"):
        name = f"{sentence(test.test_case)} {test._subDescription()}"
    return name


def _cases(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _cases(item)
        else:
            yield item


def main(directory, pattern="test_*.py", argv=None):
    argv = sys.argv[1:] if argv is None else argv
    wanted = [word for word in argv if not word.startswith("-")]
    found = unittest.defaultTestLoader.discover(str(directory), pattern=pattern, top_level_dir=str(directory))
    # Grouped by class as discovered, so that a class's fixture starts once.
    suite = unittest.TestSuite(
        case for case in _cases(found)
        if not wanted or any(word in case.id() for word in wanted))
    result = _Result("-v" in argv, "-x" in argv)
    suite.run(result)
    failed = len(result.failures) + len(result.errors)
    closing = f"{result.passed} passed, {failed} failed"
    if result.skipped:
        closing += f", {len(result.skipped)} skipped"
    if result.passed + failed == 0:
        closing = "0 passed, 1 failed"
        print("no case was found", file=sys.stderr)
    print(closing, flush=True)
    return 0 if failed == 0 and result.passed else 1
