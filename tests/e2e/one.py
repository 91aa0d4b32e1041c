"""Runs one end-to-end test and writes its verdict: one.py NAME VERDICT_FILE."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
test = unittest.defaultTestLoader.loadTestsFromName(sys.argv[1])
result = unittest.TestResult()
test.run(result)
wrong = result.failures + result.errors
outcome, text = "passed", ""
if wrong:
    outcome, text = "failed", "\n".join(trace for _, trace in wrong)
elif result.skipped:
    outcome, text = "skipped", "; ".join(reason for _, reason in result.skipped)
elif result.testsRun != 1:
    outcome, text = "failed", f"{result.testsRun} tests ran"
with open(sys.argv[2], "w") as verdict:
    json.dump({"outcome": outcome, "text": text}, verdict)
