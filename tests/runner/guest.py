"""The tests that want another kernel than this machine's: run in QEMU, on Debian's 6.12 (or 6.1).

One boot runs the programs one after the other, each in one process: to start a program is what is
dear there. A skip is a failure, since this kernel has everything that could be missing."""

import concurrent.futures
import os
import platform
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET

from . import guest_kernel, paths, trees
from .gtest import SANITIZERS, read_case
from .guest_machine import Guest
from .results import Result

LIMIT = 1200  # seconds, of one guest: to end what hangs; on an idle machine each needs 240
# Kernel tests that hold on every kernel and are worth a second one.
ALSO_HERE = {"kernel_labd": "Seal.*:Strict.*:Escape*"}


def run(report, options):
    for reason in (os.geteuid() != 0 and "sharing the tree with the guest needs root",
                   platform.machine() != "x86_64" and "the guests are of x86-64"):
        if reason:
            report.add(Result("guest", "all", "skipped", 0.0, reason))
            return
    if not paths.GIVEN:
        trees.build(paths.TESTS)
        trees.build(paths.RELEASE)
    try:
        kernel = guest_kernel.tree(options.guest_kernel)
        layers = [*systemd(), installed()]
    except guest_kernel.Unavailable as missing:
        report.add(Result("guest", "kernel", "failed", 0.0, str(missing)))
        return
    print(f"guest kernel {kernel.version}", flush=True)
    # What is in one list is booted in turn.
    guests = [[Boot("plain", kernel, [*tests("guest_labd", "*-Systemd.*:Reboot.*", options.k),
                                      *(t for program, pattern in ALSO_HERE.items()
                                        for t in tests(program, pattern, options.k))])],
              [Boot("systemd", kernel, tests("guest_labd", "Systemd.*", options.k), layers=layers,
                    pid1="/lib/systemd/systemd", append="systemd.unit=guest.target audit=0")],
              [Boot("reboot", kernel, tests("guest_labd", f"Reboot.{test}", options.k))
               for test in ("Before", "Thereafter")]]
    # A guest computes what it waits for.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for results in pool.map(run_in_turn, guests):
            for result in results:
                report.add(result)


def run_in_turn(boots):
    boots = [boot for boot in boots if boot.programs]
    if boots:
        shutil.rmtree(boots[0].out, ignore_errors=True)
    return [result for boot in boots for result in boot.run()]


def tests(program, pattern, word):
    """(program, names) of the tests that PATTERN chooses and that have WORD in their names."""
    listed = subprocess.run([paths.BINARIES / program, "--gtest_list_tests",
                             f"--gtest_filter={pattern}"], check=True, stdout=subprocess.PIPE,
                            text=True, env={**os.environ, **SANITIZERS}).stdout
    suite, names = "", []
    for line in listed.splitlines():
        if line.startswith("  "):
            names.append(suite + line.split()[0])
        elif line.endswith(".") or ".  #" in line:
            suite = line.split()[0]
    names = [name for name in names if not word or word in name]
    return [(program, names)] if names else []


def systemd():
    """systemd to be PID 1: this machine's own, else unpacked beside it. It is never started here."""
    if os.path.exists("/lib/systemd/systemd"):
        return []
    root = guest_kernel.CACHE / "systemd"
    if not root.exists():
        making = root.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        guest_kernel.unpack(guest_kernel.missing_for("systemd"), making)
        # Laid over a tree where /lib and the like are links into /usr.
        for name in ("bin", "sbin", "lib", "lib64"):
            if (making / name).is_dir():
                shutil.copytree(making / name, making / "usr" / name, symlinks=True,
                                dirs_exist_ok=True)
                shutil.rmtree(making / name)
        making.rename(root)
    return [root]


def installed():
    """What `cmake --install` puts on a machine, with the units."""
    tree = paths.BINARIES.parent if paths.GIVEN else paths.RELEASE
    root = paths.TESTS / "guest" / "installed"
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cmake", "--install", tree, "--prefix", "/usr/local"], check=True,
                   env={**os.environ, "DESTDIR": str(root)}, stdout=subprocess.DEVNULL)
    return root


class Boot:
    """One guest and the GoogleTest programs that run in it."""

    def __init__(self, name, kernel, programs, **machine):
        self.name, self.kernel, self.programs = name, kernel, dict(programs)
        self.machine = machine
        self.out = paths.TESTS / "guest" / "out" / name
        self.disk = self.out / "disk"  # what is there when the same guest is booted again

    def run(self):
        self.disk.mkdir(parents=True, exist_ok=True)
        for of_last_boot in self.out.glob("*.xml"):
            of_last_boot.unlink()
        environment = {
            # What is installed, if anything is, and nothing else.
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb", "LAB_GUEST": self.name,
            "LAB_GUEST_DISK": str(self.disk), "LAB_TESTS_MUST_RUN": "1", **SANITIZERS}
        commands = [[paths.BINARIES / program, f"--gtest_filter={':'.join(names)}",
                     f"--gtest_output=xml:{self.out}/{program}.xml"]
                    for program, names in self.programs.items()]
        started = time.monotonic()
        try:
            ended = Guest(self.kernel, commands, environment, LIMIT, writable=[self.out],
                          **self.machine).run()
        except OSError as error:
            return [Result("guest", f"{self.name} guest", "failed", 0.0, str(error))]
        seconds = time.monotonic() - started
        (self.out / "said").write_text(ended.output)
        results = []
        for number, program in enumerate(self.programs):
            results += self.read(program)
            failed = any(r.outcome == "failed" for r in results)
            if number >= len(ended.statuses):
                results.append(Result("guest", f"{self.name} guest, at {program}", "failed", seconds,
                                      ended.death()))
                break
            # A suite that cannot set itself up skips its tests and says why only in passing.
            if ended.statuses[number] != 0 and (not failed or "FAILED TEST SUITE" in ended.output):
                results.append(Result("guest", f"{program} (the program)", "failed", seconds,
                                      f"exit status {ended.statuses[number]}\n{ended.output}"))
        return results

    def read(self, program):
        xml = self.out / f"{program}.xml"
        if not xml.exists() or not xml.stat().st_size:
            return []
        found = []
        for case in ET.parse(xml).getroot().iter("testcase"):
            result = read_case("guest", program, case)
            if result and result.outcome == "skipped":
                result.outcome, result.text = "failed", "skipped in the guest: " + result.text
            if result:
                found.append(result)
        return found
