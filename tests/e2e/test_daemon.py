"""labd comes when it is needed, goes when it is told to, and the labs do not notice."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading

import machine
from labtest import PAIR, LabTest, pid_exists
from machine import api, lab, run

SERVED = """
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
h1 = "host"
h2 = { kind = "host", run = [{ name = "web", cmd = "python3 -m http.server 80", ready = "tcp 80" }] }
r1 = "router"
"""


class Daemon(LabTest):
    def test_started_on_demand(self):
        self.assertEqual([], machine.processes("labd"))
        self.assertEqual([], lab("ls", "--json").json["labs"])
        self.assertEqual(1, len(machine.processes("labd")))

    def test_not_started_when_forbidden(self):
        done = lab("--no-start", "ls", status=4)
        self.assertIn("labd", done.err)
        self.assertEqual([], machine.processes("labd"))

    def test_a_socket_is_where_its_user_is(self):
        root = os.listdir("/")
        folder = pathlib.Path("/run/work/mine")
        folder.mkdir()
        done = lab("-S", "labd/socket", "up", self.write("t.lab.toml", PAIR), cwd=folder)
        self.assertTrue((folder / "labd/socket").is_socket(), done)
        lab("-S", "labd/socket", "down", "--all", cwd=folder)
        self.assertEqual(root, os.listdir("/"))

    def test_a_folder_with_somebodys_things_stays_as_it_is(self):
        """labd makes the folder of its socket its own: that must not be /etc, or somebody's home."""
        for socket in ("passwd", "x.sock", "labd.sock"):
            with self.subTest(socket):
                folder = pathlib.Path(f"/run/work/demo-{socket}")
                folder.mkdir(mode=0o755)
                (folder / "passwd").write_text("somebody's")
                (folder / "passwd").chmod(0o644)
                done = lab("-S", str(folder / socket), "ls", status=4)
                self.assertIn("is a file" if socket == "passwd" else f"{folder}/labd/labd.sock", done.err)
                self.assertIn("passwd", done.err)
                done = run("labd", "--foreground", "--socket", str(folder / socket), "--run-dir", str(folder),
                           status=None, timeout=20)
                self.assertNotEqual(0, done.status)
                self.assertEqual(["passwd"], os.listdir(folder))
                self.assertEqual(0o755, folder.stat().st_mode & 0o7777)
        for option in ("--log-dir", "--state-dir"):
            done = run("labd", "--foreground", option, "/run/work/demo-x.sock", status=None, timeout=20)
            self.assertNotEqual(0, done.status)
            self.assertIn("passwd", done.err)
            self.assertEqual(0o755, os.stat("/run/work/demo-x.sock").st_mode & 0o7777)

    def test_what_is_no_socket_of_labd_is_said_so(self):
        folder = pathlib.Path("/run/work/other")
        folder.mkdir()
        (folder / "file").write_text("x")
        datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagrams.bind(str(folder / "datagrams"))
        cases = [("file", f"{folder}/file is a file, not labd's socket"),
                 (".", f"{folder} is a folder, not labd's socket"),
                 ("datagrams", f"{folder}/datagrams is another program's socket, not labd's"),
                 ("none/deeper/socket", "labd is not running, and its folder "
                  f"{folder}/none/deeper cannot be made: the folder above it is missing")]
        for name, words in cases:
            done = lab("-S", folder / name, "ls", status=4)
            self.assertIn(words, done.err)
            self.assertIn("LAB_SOCKET", done.err)
            self.assertEqual("unreachable", lab("-S", folder / name, "ls", "--json", status=4).json["error"]["code"])
        for words in (b"SSH-2.0-hello\r\n", b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"):
            self.serve(folder / "served", words)
            done = lab("-S", folder / "served", "ls", status=4)
            self.assertIn(f"what answers on {folder}/served is not labd", done.err)
            (folder / "served").unlink()
        self.assertIn(f"labd does not answer on {folder}/gone: there is no such socket",
                      lab("-S", folder / "gone", "--no-start", "ls", status=4).err)
        self.assertEqual(["datagrams", "file"], sorted(os.listdir(folder)))  # no labd has begun here

    def serve(self, path, words):
        """Somebody else, who says WORDS to whoever asks something."""
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        listening.listen()

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    with listening.accept()[0] as client:
                        if client.recv(4096):
                            client.sendall(words)
        threading.Thread(target=answer, daemon=True).start()
        self.addCleanup(listening.close)

    def test_many_clients_start_one(self):
        clients = [subprocess.Popen(["lab", "ls"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                    text=True) for _ in range(8)]
        for client in clients:
            _, err = client.communicate(timeout=60)
            self.assertEqual(0, client.returncode, err)
        self.assertEqual(1, len(machine.processes("labd")))

    def test_a_second_daemon_refuses(self):
        lab("ls")
        done = run("labd", "--foreground", status=None, timeout=20)
        self.assertNotEqual(0, done.status)
        self.assertIn("labd", done.err)
        self.assertEqual(1, len(machine.processes("labd")))

    def test_one_that_stops_is_waited_for(self):
        log = pathlib.Path("/run/labd/labd.log")
        # It has its signal and accepts clients still; it does not, and holds its lock.
        for point in ("labd.stop.before", "labd.stop.after"):
            with self.subTest(point):
                lab("ls", env={"LABD_FAIL": f"{point}:1:delay(500)"})
                [pid] = machine.processes("labd")
                os.kill(pid, signal.SIGTERM)
                machine.eventually("it is on its way out", lambda: point in log.read_text())
                lab("ls")
                self.assertNotIn(pid, machine.processes("labd"))
                self.assertEqual(1, len(machine.processes("labd")))
                machine.kill_daemon()

    def test_socket_is_not_for_everybody(self):
        lab("ls")
        mode = os.stat(machine.SOCKET).st_mode
        self.assertEqual(0o660, mode & 0o777)
        done = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "lab", "--no-start",
                   "ls", status=None)
        self.assertEqual(4, done.status, done)

    def test_labs_outlive_it(self):
        for how in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            with self.subTest(how=how.name):
                self.up(SERVED)
                before = lab("status", "--json").json
                machine.kill_daemon(how)
                self.assertIn("t.h1", run("ip", "netns", "list").out)
                run("ip", "netns", "exec", "t.h1", "ping", "-c1", "-W1", "10.0.2.11")
                after = lab("status", "--json").json  # starts it again
                pids = lambda status: {n["name"]: n["pid"] for n in status["nodes"]}
                self.assertEqual(pids(before), pids(after))
                self.assertEqual("up", after["state"])
                self.assert_reaches("h1", "h2")
                lab("exec", "h1", "--", "curl", "-sf", "-o", "/dev/null", "http://h2/")
                self.assertEqual([], self.up(SERVED)["actions"])
                lab("down", "t")
                self.assertEqual([], machine.processes("lab-init"))

    def test_stopped_beside_a_session(self):
        self.up(PAIR)
        session = subprocess.Popen(["lab", "exec", "h1", "--", "sh", "-c", "read x; echo $x; exit 6"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        machine.eventually("the session runs", lambda: lab("exec", "h1", "--", "pgrep", "-f", "read x",
                                                            status=None).status == 0)
        machine.kill_daemon(signal.SIGKILL)
        lab("ls")
        out, _ = session.communicate("still here\n", timeout=20)
        self.assertEqual(("still here\n", 6), (out, session.returncode))

    def test_down_after_a_crash(self):
        self.up(PAIR)
        machine.kill_daemon(signal.SIGKILL)
        lab("down", "t")
        self.assert_unchanged()

    def test_service_killed_while_it_was_away_is_back(self):
        self.up(SERVED)
        machine.kill_daemon(signal.SIGKILL)
        [server] = [p for p in machine.processes("python3")
                    if b"http.server" in pathlib.Path(f"/proc/{p}/cmdline").read_bytes()]
        os.kill(server, signal.SIGKILL)
        machine.gone(server)
        machine.eventually("it answers", lambda: lab(
            "exec", "h1", "--", "curl", "-sf", "-o", "/dev/null", "http://h2/", status=None).status == 0)

    def test_node_killed_while_it_was_away_is_named(self):
        self.up(SERVED)
        pid = self.node("r1")["pid"]
        machine.kill_daemon(signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        machine.gone(pid)
        status = lab("status", "--json").json
        self.assertEqual("degraded", status["state"])
        self.assertTrue(status["reason"])
        self.up(SERVED)  # the wish has not changed: up repairs
        self.assertEqual("up", lab("status", "--json").json["state"])
        self.assert_reaches("h1", "h2")

    def test_node_killed_under_its_eyes_is_named(self):
        self.up(SERVED)
        pid = self.node("r1")["pid"]
        os.kill(pid, signal.SIGKILL)
        machine.gone(pid)
        machine.eventually("the lab is degraded",
                           lambda: lab("status", "--json").json["state"] == "degraded")
        self.up(SERVED)
        self.assert_reaches("h1", "h2")

    def test_several_labs_with_the_same_names(self):
        for name in ("a", "b", "c"):
            self.up(PAIR, name)
        lab("-L", "a", "exec", "h1", "--", "sh", "-c", "echo a > /tmp/mine")
        lab("-L", "b", "exec", "h1", "--", "sh", "-c", "echo b > /tmp/mine")
        self.assertEqual("a\n", lab("-L", "a", "exec", "h1", "--", "cat", "/tmp/mine").out)
        lab("-L", "c", "exec", "h1", "--", "cat", "/tmp/mine", status=1)
        self.assert_reaches("h1", "h2", "b")
        lab("down", "b")
        self.assert_reaches("h1", "h2", "a")
        self.assertEqual(["a", "c"], [x["name"] for x in lab("ls", "--json").json["labs"]])
        # Which lab, when there are several and none is named?
        done = lab("exec", "h1", "--", "true", status=125, cwd="/")
        self.assertIn("a", done.err)
        self.assertIn("c", done.err)
        self.assertEqual(0, lab("exec", "h1", "--", "true", env={"LAB_NAME": "a"}, cwd="/").status)

    def test_two_at_once(self):
        files = [self.write(f"l{i}.lab.toml", SERVED) for i in range(4)]
        ups = [subprocess.Popen(["lab", "up", str(f)], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True) for f in files]
        for client in ups:
            out, _ = client.communicate(timeout=100)
            self.assertEqual(0, client.returncode, out)
        self.assertEqual(4, len(lab("ls", "--json").json["labs"]))

    def test_client_killed_during_up(self):
        file = self.write("t.lab.toml", SERVED)
        client = subprocess.Popen(["lab", "up", str(file)], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        client.kill()
        client.communicate()
        # Whether it got that far or not: the next up gives the whole lab.
        self.up(file=file)
        self.assert_reaches("h1", "h2")

    def test_the_socket_speaks_http(self):
        self.up(PAIR)
        status, text = api("GET", "/v1/version")
        version = json.loads(text)
        self.assertEqual((200, 1, machine.processes("labd")[0]), (status, version["api"], version["pid"]))
        status, text = api("GET", "/v1/labs/t")
        self.assertEqual({"h1", "h2"}, {n["name"] for n in json.loads(text)["lab"]["nodes"]})
        out = run("curl", "-sS", "--unix-socket", machine.SOCKET, "http://labd/v1/labs").out
        self.assertEqual(["t"], [x["name"] for x in json.loads(out)["labs"]])

    def test_bad_requests_are_answered(self):
        lab("ls")
        for method, path, body, expected in (
                ("GET", "/v1/labs/none", None, 404), ("GET", "/nothing", None, 404),
                ("PUT", "/v1/labs/x", "not json", 400), ("PUT", "/v1/labs/x", "{}", 400),
                ("PUT", "/v1/labs/x", {"api": 1, "main": 7, "files": []}, 400),
                ("PUT", "/v1/labs/../etc", {"api": 1}, (400, 404)),
                ("POST", "/v1/labs", None, (404, 405, 400)), ("DELETE", "/v1/labs/none", None, 200),
                ("PUT", "/v1/labs/x", "[" * 100_000, 400)):
            status, text = api(method, path, body)
            with self.subTest(path=path, body=str(body)[:40]):
                self.assertIn(status, expected if isinstance(expected, tuple) else (expected,), text)
                self.assertEqual(1, json.loads(text)["api"])
        self.assertEqual([], lab("ls", "--json").json["labs"])

    def test_descriptors_stay_few(self):
        lab("ls")
        pid = machine.processes("labd")[0]
        machine.eventually("two parsers stand ready", lambda: len(machine.processes("lab-parse")) == 2)
        # But for what /etc and /var begin with, which is kept for the next lab (test_sweep counts it).
        kept = ("/", "/memfd:stamp (deleted)")

        def descriptors():
            places = [f"/proc/{pid}/fd/{fd}" for fd in os.listdir(f"/proc/{pid}/fd")]
            return len([p for p in places if os.path.islink(p) and os.readlink(p) not in kept])

        idle = descriptors()
        self.up(SERVED)
        for _ in range(20):
            lab("exec", "h1", "--", "true")
            lab("status", "--json")
        nodes, of_the_lab = 3, 4  # its doors, its journal, its spawner and the way to it
        machine.eventually("at most three descriptors per node",
                           lambda: descriptors() <= idle + of_the_lab + 3 * nodes)

    def test_nothing_is_started_for_help(self):
        for words in (["help"], ["--help"], ["version"], ["up", "--help"], ["help", "topology"]):
            lab(*words)
        self.assertEqual([], machine.processes("labd"))
        self.assertFalse(pid_exists("labd"))
