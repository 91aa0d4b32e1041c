"""tests/run, second half: the stages one after the other, then the summary."""

import argparse
import os
import sys
import time

from . import e2e, fuzz, gtest, guest, guest_kernel, host, paths, style, trees
from .results import Report, Result


def unit(report, options):
    trees.build(paths.TESTS)
    gtest.run_programs(report, "unit", paths.BINARIES.glob("unit_*"),
                       gtest_filter=options.filter())


def kernel(report, options):
    trees.build(paths.TESTS)
    # Their throw-away namespaces live in a mount tree of their own, with a /run of its own.
    wrapper = ["unshare", "--mount", "--net", "--uts", "--ipc", "sh", "-ec",
               'mount -t tmpfs tmpfs /run; exec "$@"', "sh"]
    if os.geteuid() != 0:
        wrapper = []
    gtest.run_programs(report, "kernel", paths.BINARIES.glob("kernel_*"), wrapper,
                       options.filter())


def tsan(report, options):
    """The two threads of labd: the tests that cross from one to the other."""
    trees.build(paths.TSAN, ["threads_labd"])
    # The sanitizer's shadow does not fit the address space layout of newer kernels.
    gtest.run_programs(report, "tsan", [paths.TSAN / "bin" / "threads_labd"], ["setarch", "-R"],
                       options.filter())


STAGES = {"style": style.run, "unit": unit, "kernel": kernel, "e2e": e2e.run,
          "guest": guest.run, "fuzz": fuzz.run, "tsan": tsan, "tidy": style.tidy}
ON_REQUEST = {"tidy"}  # a quarter of an hour and more on two processors, the first time


class Options(argparse.Namespace):
    def filter(self):
        return f"*{self.k}*" if self.k else None


def main():
    parser = argparse.ArgumentParser(prog="tests/run")
    parser.add_argument("--only", action="append", metavar="STAGE", choices=list(STAGES))
    parser.add_argument("-k", metavar="WORD", help="only tests whose name contains WORD")
    # They wait for daemons and timers almost as long as they compute.
    parser.add_argument("-j", type=int, default=2 * os.cpu_count(), metavar="N",
                        help="end-to-end tests at once (default: two per processor)")
    parser.add_argument("--no-guest", action="store_true", help="leave the guests out")
    parser.add_argument("--guest-kernel", choices=list(guest_kernel.META), default="6.12",
                        help="which of Debian's kernels the guests boot (default: 6.12)")
    parser.add_argument("--fuzz-seconds", type=int, default=fuzz.SECONDS_EACH, metavar="N",
                        help=f"for each fuzz target (default: {fuzz.SECONDS_EACH})")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args(namespace=Options())
    if options.list:
        print("\n".join(STAGES))
        return 0

    left_out = ON_REQUEST | ({"guest"} if options.no_guest else set())
    paths.REPORTS.mkdir(parents=True, exist_ok=True)
    report = Report(paths.REPORTS, options.verbose)
    comparison = host.Comparison()
    started = time.monotonic()
    for name, stage in STAGES.items():
        if name not in options.only if options.only else name in left_out:
            continue
        print(f"\n== {name}", flush=True)
        begun = time.monotonic()
        try:
            stage(report, options)
        except trees.BuildFailed as failure:
            report.add(Result(name, "build", "failed", time.monotonic() - begun, str(failure)))
        report.close_stage(name, time.monotonic() - begun)
    comparison.close(report)
    return report.close(time.monotonic() - started)


sys.exit(main())
