"""Runs the tests of the calling file and prints them as TAP, as ./test counts them."""
import sys
import unittest


class Points(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.count = 0

    def point(self, test, word, more=""):
        self.count += 1
        print("%s %d - %s%s" % (word, self.count, test.id().partition(".")[2], more))

    def addSuccess(self, test):
        super().addSuccess(test)
        self.point(test, "ok")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.point(test, "not ok")
        self.explain(self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.point(test, "not ok")
        self.explain(self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.point(subtest, "not ok")
            self.explain((self.failures + self.errors)[-1][1])

    def explain(self, text):
        for line in text.splitlines():
            print("# " + line)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    points = Points()
    suite.run(points)
    print("1..%d" % points.count)
    sys.exit(0 if points.wasSuccessful() else 1)
