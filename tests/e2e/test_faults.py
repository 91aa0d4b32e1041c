"""The faults that labd must live through, and for each the tests that show it."""

import itertools
import os
import pathlib
import re
import signal
import subprocess

import machine
from labtest import PAIR, LabTest
from machine import lab, run

FAULTS = {
    "kill -9 at any step of up": ["Sweep.test_up"],
    "kill -9 at any step of an edit or of down": ["Sweep.test_edit", "Sweep.test_down"],
    "kill -9 between a birth and its record": ["Sweep.test_up", "Spawner.AnUncommittedNodeGoesWithItsStartSocket"],
    "an init is killed": ["Daemon.test_node_killed_under_its_eyes_is_named",
                          "Life.test_a_dead_init_is_born_again_where_its_cables_are",
                          "Deaths.test_the_inits"],
    "what ignores SIGTERM, and orphans": ["Services.test_a_stubborn_service_does_not_hold_up_down",
                                          "Session.OrphansAreReaped"],
    "a name is unmounted": ["Netns.test_a_name_deleted_by_hand_is_repaired",
                            "Netns.test_a_name_deleted_while_labd_was_away_is_repaired",
                            "Faults.test_every_name_is_gone"],
    "a name means another namespace": ["Faults.test_a_name_means_another_namespace"],
    "an interface is deleted, renamed, moved": ["Events.test_damage_of_every_kind_is_seen_named_and_repaired"],
    "the run directory is full": ["Faults.test_a_full_disk"],
    "a journal is torn or garbage": ["JournalTest.SurvivesBeingCutAtEveryByte", "JournalTest.NoticesEveryFlippedBit",
                                     "Faults.test_garbage_in_the_journal"],
    "no descriptor is left": ["HttpHostile.RecoversFromAFullDescriptorTable", "Faults.test_few_descriptors"],
    "no namespace may be made": ["Faults.test_no_more_namespaces"],
    "events are lost": ["Faults.test_stopped_under_a_flood"],
    "two want the same name": ["Concurrency.test_two_files_of_one_lab_race",
                               "Failure.test_the_last_node_cannot_be_named"],
    "a storm of signals": ["Faults.test_a_storm_of_signals"],
    "a reboot": ["Faults.test_another_boot", "Faults.test_a_marked_lab_comes_back_after_a_boot"],
    "the kernel kills for memory": ["Limits.TheKernelKillsAtMemory"],
    "the clock jumps": ["Faults.test_a_clock_that_jumps"],
    "a second daemon": ["Daemon.test_a_second_daemon_refuses", "InstanceTest.IsNotHeldUpByADeadOne",
                        "Daemon.test_one_that_stops_is_waited_for"],
    "a client vanishes": ["Exec.test_the_command_dies_with_its_client", "Session.TheCommandDiesWithItsClient"],
    "a client does not read": ["HttpHostile.LinesThatNobodyReadsAreDropped",
                               "Service.AFollowerThatDoesNotReadHoldsNobodyUp"],
    "a crowd of clients": ["HttpHostile.ManyClientsAtOnce", "HttpHostile.OneUserDoesNotTakeAllConnections"],
    "labd is stopped for a while": ["Faults.test_stopped_under_a_flood"],
    "labd is killed under traffic": ["Faults.test_no_packet_is_lost_over_a_restart"],
    "the spawner is killed": ["Faults.test_a_killed_spawner", "Deaths.test_the_spawner"],
}
# Between labd and the clock that people set: it is off by as many seconds as a file says.
CLOCK = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static long offset(void) {
    char text[32] = "";
    const int fd = open("/run/work/offset", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    const long n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 ? atol(text) : 0;
}
int clock_gettime(clockid_t which, struct timespec* now) {
    const int failed = syscall(SYS_clock_gettime, which, now);
    if (!failed && which == CLOCK_REALTIME) now->tv_sec += offset();
    return failed;
}
time_t time(time_t* to) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (to) *to = now.tv_sec;
    return now.tv_sec;
}
"""
THREE = PAIR.replace('[["h1", "h2"]]', '[["h1", "h2"], ["h2", "h3"]]') + 'h3 = "host"\n'


class Faults(LabTest):
    def assert_gone(self):
        self.assertEqual([], lab("ls", "--json").json["labs"])
        self.assert_unchanged()

    def fails(self, text, *options):
        """What `up` says of it, on stderr."""
        done = lab("up", self.write("t.lab.toml", text), *options, status=None)
        self.assertIn(done.status, (1, 4), done)
        return done.err

    def assert_as_before(self, text):
        self.assertEqual([], lab("plan", self.write("t.lab.toml", text), "--json").json["actions"])
        self.assertEqual("up", lab("status", "--json").json["state"])

    def test_each_has_a_test(self):
        source = "".join(path.read_text() for kind in ("*.py", "*.cpp")
                         for path in (machine.SOURCE / "tests").rglob(kind))
        for fault, tests in FAULTS.items():
            for test in tests:
                suite, name = test.split(".")
                with self.subTest(f"{fault}: {test}"):
                    python = (re.search(rf"class {suite}\((LabTest|Sweeping)\):", source)
                              and f"    def {name}(self):" in source)
                    self.assertTrue(python or re.search(rf"TEST(_F)?\({suite}, {name}\)", source))

    def test_every_name_is_gone(self):
        self.up(PAIR + 'sw = "switch"\n')
        for away in (False, True):
            if away:
                machine.kill_daemon(signal.SIGKILL)
            for name in ("t.h1", "t.h2", "t.sw"):
                run("ip", "netns", "delete", name)
            # A switch has no process to live in: without its name and labd nothing of it is left.
            self.up(PAIR + 'sw = "switch"\n')
            self.assertEqual(["t.h1", "t.h2", "t.sw"], sorted(os.listdir("/run/netns")))
            self.assert_reaches("h1", "h2")
            self.assertEqual("up", lab("status", "--json").json["state"])

    def test_a_name_means_another_namespace(self):
        for away in (False, True):
            self.up(PAIR)
            if away:
                machine.kill_daemon(signal.SIGKILL)
            run("ip", "netns", "delete", "t.h1")
            run("ip", "netns", "add", "t.h1")
            foreign = os.stat("/run/netns/t.h1").st_ino
            told = self.fails(PAIR)
            self.assertIn("t.h1 is the name of another namespace now", told)
            self.assertIn("ip netns delete t.h1", told)
            self.assertIn("t.h1 is the name of another namespace now", self.fails(THREE))
            self.assertEqual("h1\n", lab("exec", "h1", "--", "hostname").out)  # it is still itself
            lab("down", "t")
            self.assertEqual(foreign, os.stat("/run/netns/t.h1").st_ino)
            run("ip", "netns", "delete", "t.h1")
            self.assert_unchanged()

    def test_a_full_disk(self):
        os.mkdir("/run/labd")
        run("mount", "-t", "tmpfs", "-o", "mode=700,size=256k", "tmpfs", "/run/labd")
        self.before = machine.state()
        filler = pathlib.Path("/run/labd/filler")
        lab("ls")

        def fill():
            with open(filler, "wb", buffering=0) as file, self.assertRaises(OSError):
                while True:
                    file.write(bytes(4096))
        fill()
        done = lab("up", self.write("t.lab.toml", PAIR), status=4)  # and not 1: no mistake of the file
        self.assertIn("No space left on device", done.err)
        self.assertNotIn("t.lab.toml:", done.err)
        self.assert_gone()
        filler.unlink()
        self.up(PAIR)
        fill()
        said = self.fails(THREE)
        self.assertIn("No space left on device", said)
        self.assertNotIn("t.lab.toml:", said)
        self.assertNotIn("t.h3", os.listdir("/run/netns"))
        self.assert_reaches("h1", "h2")
        lab("down", "t")
        self.assert_gone()
        filler.unlink()
        self.up(THREE)
        self.assert_reaches("h2", "h3")

    def test_garbage_in_the_journal(self):
        journal = pathlib.Path("/run/labd/labs/t/journal")
        self.up(PAIR)
        # Behind the last record: as a write that was cut short.
        machine.kill_daemon(signal.SIGKILL)
        journal.write_bytes(journal.read_bytes() + b"\0garbage 17 \xff\n" * 100)
        self.assert_as_before(PAIR)
        # Over all of it: labd knows nothing of the lab any more, but its marks are there.
        machine.kill_daemon(signal.SIGKILL)
        journal.write_bytes(os.urandom(journal.stat().st_size))
        self.assertEqual([], lab("ls", "--json").json["labs"])
        lab("gc")
        self.assert_gone()
        self.up(PAIR)
        self.assert_reaches("h1", "h2")

    def test_few_descriptors(self):
        # UBSan asks a pipe whether memory can be read, and without a descriptor takes it that it cannot.
        lab("ls", env={"UBSAN_OPTIONS": "halt_on_error=0:log_path=stderr"})
        [pid] = machine.processes("labd")
        failed = 0
        for spare in (2, 4, 7, 11, 16, 22, 30):
            # What labd has open lies scattered: the limit is the number below which this many are free.
            used = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
            free = itertools.islice((fd for fd in itertools.count() if fd not in used), spare + 1)
            run("prlimit", "--pid", pid, f"--nofile={list(free)[-1]}:")
            done = subprocess.run(["lab", "up", self.write("t.lab.toml", THREE)], timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            run("prlimit", "--pid", pid, "--nofile=4096:")
            if done.returncode:
                failed += 1
                self.assertNotIn("t", [named["name"] for named in lab("ls", "--json").json["labs"]], done.stdout)
                self.assert_unchanged()
                self.up(THREE)
            lab("down", "t")
            self.assert_unchanged()
        self.assertGreater(failed, 2)
        self.assertEqual([pid], machine.processes("labd"))
        self.up(THREE)
        self.assert_reaches("h2", "h3")

    def test_no_more_namespaces(self):
        self.up(PAIR)
        [spawner] = machine.processes("lab-spawner")
        inside = ["nsenter", f"--target={spawner}", "--user", "sh", "-c"]
        run(*inside, "echo 3 > /proc/sys/user/max_net_namespaces")
        said = self.fails(THREE)
        self.assertIn("h3", said)
        self.assertIn("No space left on device", said)
        self.assertIn("user.max_net_namespaces allows no more", said)
        said = self.fails(PAIR + 'sw = "switch"\n')  # which has no process, and no clone
        self.assertIn("sw", said)
        self.assertIn("user.max_net_namespaces allows no more", said)
        self.assert_as_before(PAIR)
        run(*inside, "echo 1000 > /proc/sys/user/max_net_namespaces")
        self.up(THREE)
        self.assert_reaches("h2", "h3")
        run(*inside, "echo 4 > /proc/sys/user/max_user_namespaces")
        self.assertIn("user.max_user_namespaces allows no more", self.fails(THREE + 'h4 = "host"\nh5 = "host"\n'))
        self.assert_as_before(THREE)

    def test_stopped_under_a_flood(self):
        self.up(PAIR)
        [pid] = machine.processes("labd")
        os.kill(pid, signal.SIGSTOP)
        flood = "".join(f"link set eth0 mtu {1400 + i % 90}\n" for i in range(8_000))
        run("ip", "-n", "t.h1", "-batch", "-", stdin=flood)
        run("ip", "-n", "t.h2", "address", "delete", "10.0.1.12/24", "dev", "eth0")
        os.kill(pid, signal.SIGCONT)
        machine.eventually("both are seen", lambda: {"link", "address"} <= {
            event["kind"] for event in self.events("drift") if event["action"] == "found"})
        self.assertIn("more to say than could be heard", pathlib.Path("/run/labd/labd.log").read_text())
        self.up(PAIR)
        self.assert_reaches("h1", "h2")
        self.assert_as_before(PAIR)

    @staticmethod
    def events(kind):
        lines = machine.api("GET", "/v1/events")[1].splitlines()
        return [event for event in map(machine.json.loads, lines) if event.get("type") == kind]

    def test_a_storm_of_signals(self):
        text = PAIR.replace('h2 = "host"', 'h2 = { exec = ["sleep 1"] }')
        lab("ls")
        [pid] = machine.processes("labd")
        up = subprocess.Popen(["lab", "up", self.write("t.lab.toml", text)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        machine.eventually("it is under way", lambda: machine.processes("sleep"))
        for _ in range(1000):
            os.kill(pid, signal.SIGHUP)
        out, _ = up.communicate(timeout=60)
        self.assertEqual(0, up.returncode, out)
        for _ in range(1000):
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                break
        machine.gone(pid)
        self.assertEqual(1, pathlib.Path("/run/labd/labd.log").read_text().count("stopping; the labs stay up"))
        self.assert_as_before(text)
        self.assert_reaches("h1", "h2")

    def reboot(self, nodes):
        """Of processes and names a boot leaves nothing; what is in /run the test sees to."""
        pids = [self.node(name)["pid"] for name in nodes] + machine.processes("lab-spawner")
        machine.kill_daemon(signal.SIGKILL)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            machine.gone(pid)
        for name in os.listdir("/run/netns"):
            run("ip", "netns", "delete", name)

    def test_another_boot(self):
        self.up(PAIR)
        self.reboot(["h1", "h2"])
        boot = self.write("boot_id", "01234567-89ab-cdef-0123-456789abcdef\n")
        run("mount", "--bind", boot, "/proc/sys/kernel/random/boot_id")
        labs = lab("ls", "--json").json["labs"]
        machine.kill_daemon()
        run("umount", "/proc/sys/kernel/random/boot_id")
        self.assertEqual([], labs)
        self.assert_gone()
        self.up(PAIR)
        self.assert_reaches("h1", "h2")

    def test_a_marked_lab_comes_back_after_a_boot(self):
        kept = pathlib.Path("/var/lib/labd/autostart/t.json")
        self.up(PAIR, "t", None, "--autostart")
        self.assertEqual(0o600, kept.stat().st_mode & 0o777)
        self.assertTrue(lab("ls", "--json").json["labs"][0]["autostart"])
        # It comes back as it was last: an edit without the word goes on being marked.
        self.up(PAIR.replace('[["h1", "h2"]]', '[["h1 192.0.2.1/24", "h2 192.0.2.2/24"]]'))
        pathlib.Path("/var/lib/labd/autostart/torn.json").write_text('{"owner": 0, "bun')
        self.reboot(["h1", "h2"])
        run("rm", "-rf", "/run/labd/labs")
        lab("ls")
        machine.eventually("it is up again", lambda: [
            (l["name"], l["state"]) for l in lab("ls", "--json").json["labs"]] == [("t", "up")])
        self.assert_reaches("h1", "192.0.2.2")
        self.assertIn("torn.json", pathlib.Path("/run/labd/labd.log").read_text())
        # A labd that only starts again finds it, and starts nothing twice.
        pid = self.node("h1")["pid"]
        machine.kill_daemon(signal.SIGKILL)
        self.assertTrue(lab("ls", "--json").json["labs"][0]["autostart"])
        self.assertEqual(pid, self.node("h1")["pid"])
        lab("down", "t")
        self.assertFalse(kept.exists())
        machine.kill_daemon()
        self.assertEqual([], lab("ls", "--json").json["labs"])
        pathlib.Path("/var/lib/labd/autostart/torn.json").unlink()
        machine.kill_daemon()

    def test_a_clock_that_jumps(self):
        run("cc", "-shared", "-fPIC", "-o", "/run/work/clock.so", self.write("clock.c", CLOCK))
        offset = pathlib.Path("/run/work/offset")
        offset.write_text("0")
        lab("ls", env={"LD_PRELOAD": "/run/work/clock.so",
                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
        self.up(PAIR)

        this_year = int(self.events("lab")[-1]["time"][:4])
        for round, days in enumerate((400, -400)):
            offset.write_text("0")
            lab("link", "h1--h2", "down", "--for", "600s")
            long = subprocess.Popen(["lab", "wait", "route h1 10.77.0.0/16", "--timeout", "600s"])
            short = subprocess.Popen(["lab", "wait", "route h1 10.78.0.0/16", "--timeout", "3s"])
            machine.eventually("both wait", lambda: machine.api("GET", "/v1/audit")[1].count(
                "route h1 10.7") == 2 * (round + 1))
            offset.write_text(str(days * 86400))
            # Whoever waits for a time to pass waits for just that.
            self.assertEqual(124, short.wait(30))
            self.assertIsNone(long.poll())
            self.assertIn("state DOWN", run("ip", "-n", "t.h1", "link", "show", "eth0").out)
            lab("exec", "h1", "--", "ip", "route", "add", "10.77.0.0/16", "dev", "lo")
            self.assertEqual(0, long.wait(30))
            lab("exec", "h1", "--", "ip", "route", "delete", "10.77.0.0/16", "dev", "lo")
            lab("link", "h1--h2", "up")
            lab("link", "h1--h2", "flap", "--for", "100ms")
            self.assert_reaches("h1", "h2")
            lab("stop", "h1")
            lab("start", "h1")
            self.assertNotEqual(this_year, int(self.events("node")[-1]["time"][:4]))  # it has jumped indeed
            self.assertTrue(all(n["uptime"] >= 0 for n in lab("status", "--json").json["nodes"]))
        self.assert_as_before(PAIR)

    def test_no_packet_is_lost_over_a_restart(self):
        self.up(PAIR)
        ping = subprocess.Popen(["ip", "netns", "exec", "t.h1", "ping", "-i", "0.02", "-c", "150", "-q", "10.0.1.12"],
                                stdout=subprocess.PIPE, text=True)
        for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
            machine.kill_daemon(how)
            lab("ls")
        out, _ = ping.communicate(timeout=60)
        self.assertIn("150 packets transmitted, 150 received", out)

    def test_a_killed_spawner(self):
        self.up(PAIR)
        [spawner] = machine.processes("lab-spawner")
        os.kill(spawner, signal.SIGKILL)
        machine.gone(spawner)
        for told in (lab("status", "--json").json, lab("ls", "--json").json["labs"][0]):
            self.assertEqual("degraded", told["state"])
            self.assertIn("the lab's spawner has gone; lab down, then lab up", told["reason"])
        # What can only be done by half is not begun.
        said = self.fails(THREE.replace('["h1", "h2"], ', ""))
        self.assertIn("the lab's spawner has gone", said)
        self.assertIn("nothing has been touched", said)
        self.assert_reaches("h1", "h2")  # the nodes do without
        self.up(PAIR.replace('["h1", "h2"]', '{ endpoints = ["h1", "h2"], mtu = 1400 }'))  # and so does this
        self.assertNotIn("t.h3", os.listdir("/run/netns"))
        lab("down", "t")
        self.assert_gone()
        self.up(THREE)
        self.assert_reaches("h2", "h3")
