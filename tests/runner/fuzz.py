"""libFuzzer for a while per target: short, or as long as --fuzz-seconds says."""

import concurrent.futures
import os
import shutil
import subprocess
import time

from . import gtest, paths, trees
from .results import Result

SECONDS_EACH = 20


def run(report, options):
    if not (paths.SOURCE / "tests" / "fuzz" / "CMakeLists.txt").exists():
        report.add(Result("fuzz", "all", "skipped", 0.0, "there are no fuzz targets"))
        return
    trees.build(paths.TESTS, ["fuzzers"])
    programs = [p for p in sorted((paths.TESTS / "bin").glob("fuzz_*"))
                if not options.k or options.k in p.name]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(lambda program: fuzz(program, options.fuzz_seconds), programs):
            report.add(result)


def fuzz(program, seconds):
    started = time.monotonic()
    # New findings go to the build tree; what is worth keeping is added to tests/fuzz by hand.
    corpus = paths.TESTS / "corpus" / program.name
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = paths.SOURCE / "tests" / "fuzz" / "corpus" / program.name.removeprefix("fuzz_")
    findings = paths.REPORTS / program.name
    shutil.rmtree(findings, ignore_errors=True)
    findings.mkdir()
    done = subprocess.run(
        [program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
         "-print_final_stats=1", f"-artifact_prefix={findings}/", corpus,
         *([seeds] if seeds.is_dir() else [])],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace",
        env={**os.environ, "UBSAN_OPTIONS": gtest.SANITIZERS["UBSAN_OPTIONS"]})
    return Result("fuzz", program.name, "passed" if done.returncode == 0 else "failed",
                  time.monotonic() - started, done.stdout[-6000:])
