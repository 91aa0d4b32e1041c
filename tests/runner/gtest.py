"""Runs GoogleTest programs and reads what they say of themselves."""

import os
import subprocess
import time
import xml.etree.ElementTree as ET

from . import paths
from .results import IN_CI, Result

# A first finding ends the program: what runs after undefined behaviour proves nothing.
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


def run_program(report, stage, program, wrapper=(), gtest_filter=None, limit=600):
    """One GoogleTest program; every test of it becomes a result, and so does a crash."""
    xml = paths.REPORTS / f"gtest-{stage}-{program.name}.xml"
    xml.unlink(missing_ok=True)
    command = [*wrapper, str(program), f"--gtest_output=xml:{xml}"]
    if gtest_filter:
        command.append(f"--gtest_filter={gtest_filter}")
    environment = {**os.environ, **SANITIZERS}
    if IN_CI:
        environment["LAB_TESTS_MUST_RUN"] = "1"
    started = time.monotonic()
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=limit)
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as expired:
        output = (expired.stdout or b"").decode(errors="replace")
        status = f"none: it did not end within {limit} s"
    seconds = time.monotonic() - started

    failed = 0
    if xml.exists():
        for case in ET.parse(xml).getroot().iter("testcase"):
            result = read_case(stage, program.name, case)
            if result:
                failed += result.outcome == "failed"
                report.add(result)
    # No XML: it died on the way. XML without a failure but a bad status: a sanitizer at exit.
    if status != 0 and not failed:
        report.add(Result(stage, f"{program.name} (the program)", "failed", seconds,
                          f"exit status {status}\n{output}"))


def read_case(stage, program, case):
    name = f"{program}: {case.get('classname')}.{case.get('name')}"
    seconds = float(case.get("time", 0))
    failures = [f.get("message", "") for f in case.findall("failure")]
    if failures:
        return Result(stage, name, "failed", seconds, "\n".join(failures))
    skipped = case.find("skipped")
    if skipped is not None:
        return Result(stage, name, "skipped", seconds,
                      (skipped.get("message") or "").strip().split("\n")[-1])
    if case.get("status") == "notrun":
        return None
    return Result(stage, name, "passed", seconds)
