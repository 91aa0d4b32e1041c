"""Runs GoogleTest programs and reads what they say of themselves."""

import concurrent.futures
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


def run_programs(report, stage, programs, wrapper=(), gtest_filter=None):
    """GoogleTest programs, each in as many parts as there are processors: each processor has one at
    a time, the long ones first."""
    parts = os.cpu_count()
    with concurrent.futures.ThreadPoolExecutor(parts) as pool:
        jobs = [pool.submit(run_part, stage, program, wrapper, gtest_filter, part, parts)
                for program in sorted(programs, key=lambda p: -p.stat().st_size)
                for part in range(parts)]
        for job in jobs:
            for result in job.result():
                report.add(result)


def run_part(stage, program, wrapper=(), gtest_filter=None, part=0, parts=1, limit=600):
    """One GoogleTest program; every test of it becomes a result, and so does a crash."""
    xml = paths.REPORTS / f"gtest-{stage}-{program.name}-{part}.xml"
    xml.unlink(missing_ok=True)
    command = [*wrapper, str(program), f"--gtest_output=xml:{xml}"]
    if gtest_filter:
        command.append(f"--gtest_filter={gtest_filter}")
    environment = {**os.environ, **SANITIZERS,
                   "GTEST_TOTAL_SHARDS": str(parts), "GTEST_SHARD_INDEX": str(part)}
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

    results = []
    if xml.exists():
        cases = ET.parse(xml).getroot().iter("testcase")
        results = [r for r in (read_case(stage, program.name, case) for case in cases) if r]
    # No XML: it died on the way. XML without a failure but a bad status: a sanitizer at exit.
    if status != 0 and not any(r.outcome == "failed" for r in results):
        results.append(Result(stage, f"{program.name} (the program)", "failed", seconds,
                              f"exit status {status}\n{output}"))
    return results


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
