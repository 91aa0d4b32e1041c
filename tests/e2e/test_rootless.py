"""The same without root: an ordinary user, with subordinate ids and with none."""

import os
import pathlib
import re
import signal
import subprocess

import machine
import ordinary
from labtest import PAIR, LabTest, limit
from ordinary import EXAMPLES, lab, run, write

SWITCH = 'links = [["h[1-10]", "sw"]]\n[nodes]\n"h[1-10]" = "host"\nsw = "switch"\n'


class Rootless(LabTest):
    def make(self, *ranges):
        ordinary.make(ranges)
        self.before = machine.state()

    def tearDown(self):
        if machine.processes("labd"):
            lab("down", "--all")
        machine.kill_daemon()
        machine.eventually("nothing of the user's is left", lambda: not [
            p for name in ("lab-init", "lab-relay", "lab-holder", "lab-outside", "lab-spawner")
            for p in machine.processes(name)])
        self.assert_unchanged()
        super().tearDown()

    def assert_all_reach_all(self, name):
        self.assertIn(" pairs answered", lab("-L", name, "ping").out)  # its status says that all did

    def assert_everyday_use(self):
        """What does not depend on how many ids there are."""
        done = lab("up", f"{EXAMPLES}/two-hosts.lab.toml")
        self.assertIn("starting a labd of your own, without root", done.err)
        self.assertEqual("up", lab("status", "--json").json["state"])
        self.assert_all_reach_all("two-hosts")
        self.assertEqual("0\n", lab("exec", "h1", "--", "id", "-u").out)
        self.assertEqual(7, lab("exec", "h1", "--", "sh", "-c", "exit 7", status=7).status)
        self.assertEqual("in\n", lab("exec", "h1", "--", "cat", stdin="in\n").out)
        self.assertEqual(ordinary.NAME, lab("ls", "--json").json["labs"][0]["owner"])
        self.assertIn("your own labd, without root", lab("version").out)
        for words in (["links"], ["inspect", "h1"], ["logs"], ["show", "--resolved"], ["ns"], ["graph"]):
            self.assertTrue(lab(*words).out or words == ["logs"], words)
        lab("exec", "h1", "--", "sh", "-c", "nft add table t && ip netns add x && ip netns exec x true"
            " && ip link add br9 type bridge && sysctl -qw net.ipv4.ip_default_ttl=65")
        self.assertEqual([], lab("up", f"{EXAMPLES}/two-hosts.lab.toml", "--json").json["actions"])
        # Names: in the user's view only.
        names = lambda *before: {line.split()[0] for line in run(*before, "ip", "netns", "list").out.splitlines()}
        self.assertEqual({"two-hosts.h1", "two-hosts.h2", "two-hosts.r1"}, names("lab", "ns", "enter", "--"))
        self.assertEqual(set(), names())
        lab("ns", "enter", "--", "ip", "netns", "exec", "two-hosts.h1", "ping", "-c1", "-W1", "10.0.2.11")
        self.assertEqual(127, lab("ns", "enter", "no-such-program", status=127).status)

    def test_with_a_range(self):
        self.make((ordinary.FIRST, 65536))
        self.assert_everyday_use()
        # Root of a node is not even the user outside.
        pid = next(n["pid"] for n in lab("status", "--json").json["nodes"] if n["name"] == "h1")
        self.assertEqual(ordinary.FIRST, os.stat(f"/proc/{pid}").st_uid)
        self.assertEqual("65536", lab("exec", "h1", "--", "cat", "/proc/self/uid_map").out.split()[2])
        lab("exec", "-u", "nobody", "h1", "--", "ping", "-c1", "-W1", "h2")
        lab("exec", "h1", "--", "sh", "-c", "touch /tmp/x && chown frr:frr /tmp/x")
        capture = ordinary.start("lab", "exec", "h2", "--", "tcpdump", "-i", "eth0", "-c1", "-n", "icmp",
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        machine.eventually("tcpdump sees a ping", lambda: lab(
            "exec", "h1", "--", "ping", "-c1", "-W1", "h2").status == 0 and capture.poll() is not None)
        out, err = capture.communicate(timeout=20)
        self.assertEqual(0, capture.returncode, err)
        self.assertIn("ICMP echo", out)

    def test_links_are_delayed(self):
        """By netem, or by a relay, which takes no right that the user has not."""
        self.make()
        path = write("t.lab.toml", 'links = [{ endpoints = ["h1", "h2"], delay = "20ms" }]\n'
                                   '[nodes]\nh1 = "host"\nh2 = "host"\n')
        lab("up", path)
        said = lab("exec", "h1", "--", "ping", "-n", "-c5", "-i0.05", "h2").out
        self.assertIn(" 0% packet loss", said)
        self.assertGreaterEqual(min(float(ms) for ms in re.findall(r"time=([0-9.]+) ms", said)), 40)
        self.assertEqual([], lab("status", "--json").json["drift"])
        self.assertEqual([], lab("up", path, "--json").json["actions"])

    def test_with_pieces_of_a_range(self):
        self.make((ordinary.FIRST, 40000), (5_000_000, 65536))
        lab("up", f"{EXAMPLES}/two-hosts.lab.toml")
        lab("exec", "-u", "nobody", "h1", "--", "ping", "-c1", "-W1", "h2")
        self.assertEqual(2, len(lab("exec", "h1", "--", "cat", "/proc/self/uid_map").out.splitlines()))

    def test_with_a_single_id(self):
        self.make()
        self.assert_everyday_use()
        self.assertEqual("1", lab("exec", "h1", "--", "cat", "/proc/self/uid_map").out.split()[2])
        # The one id is its init's as well, which is closed to it all the same.
        self.assertIn("Permission denied", lab("exec", "h1", "--", "cat", "/proc/1/environ", status=1).err)
        self.assertEqual("", lab("exec", "h1", "--", "readlink", "/proc/1/fd/3", "/proc/1/exe", "/proc/1/root", status=1).out)
        done = lab("up", write("t.lab.toml", PAIR))
        self.assertIn("/etc/subuid has no range for student", done.err)
        self.assertIn("lab doctor", done.err)
        done = lab("up", f"{EXAMPLES}/ospf-triangle.lab.toml", status=2)
        self.assertIn("as user frr, and labs of this labd have no such user id [D79]", done.err)
        text = PAIR.replace('h1 = "host"', 'h1 = { kind = "host", user = "nobody" }')
        done = lab("up", write("u.lab.toml", text), status=2)
        self.assertIn("h1 runs its commands as user nobody", done.err)
        doctor = lab("doctor", status=None)
        self.assertIn("/etc/subuid has no range for student", doctor.out)
        self.assertIn("usermod --add-subuids", doctor.out)

    @limit(240)
    def test_routing_and_services(self):
        self.make((ordinary.FIRST, 65536))
        lab("up", "--wait", f"{EXAMPLES}/ospf-triangle.lab.toml", timeout=100)
        self.assert_all_reach_all("ospf-triangle")
        self.assertIn("Full", lab("-L", "ospf-triangle", "vtysh", "r1", "-c", "show ip ospf neighbor").out)
        lab("-L", "ospf-triangle", "vtysh", "r1", "-c", "configure", "-c", "hostname other")
        write("d.lab.toml", """
links = [["h1", "h2"]]
[nodes]
h1 = "host"
[nodes.h2]
kind = "host"
[[nodes.h2.run]]
name = "dns"
cmd = "dnsmasq -k --no-resolv --address=/www.lab/10.9.9.9"
ready = "udp 53"
[[nodes.h2.run]]
name = "web"
cmd = "nginx -g 'daemon off;'"
ready = "tcp 80"
""")
        lab("up", "d.lab.toml")
        lab("-L", "d", "exec", "h1", "--", "curl", "-s", "-o", "/dev/null", "http://h2/")
        users = lab("-L", "d", "exec", "h2", "--", "ps", "-eo", "user:20,comm").out
        self.assertRegex(users, r"(?m)^(dnsmasq|nobody) +dnsmasq")
        self.assertRegex(users, r"(?m)^www-data +nginx")

    @limit(240)
    def test_every_routing_protocol(self):
        self.make((ordinary.FIRST, 65536))
        for routing, daemon in (("isis", "isisd"), ("bgp", "bgpd"), ("rip", "ripd"), ("babel", "babeld"),
                                ("static", None)):
            asn = 'asn = "${65000 + i}"' if routing == "bgp" else ""
            lab("up", "--wait", write("t.lab.toml", f"""
links = [["h1", "r1"], ["r1", "r2"], ["r2", "h2"]]
[nodes]
"h[1-2]" = "host"
[nodes."r[1-2]"]
kind    = "router"
routing = "{routing}"
{asn}
"""), timeout=100)
            self.assert_all_reach_all("t")
            if daemon:
                self.assertRegex(lab("exec", "r1", "--", "ps", "-eo", "user,comm").out, rf"(?m)^frr +{daemon}")
            lab("down", "t")

    def test_every_tool(self):
        """What tools_test.cpp runs in nodes of root's labs."""
        self.make((ordinary.FIRST, 65536))
        lab("up", write("t.lab.toml", PAIR))
        start = lambda node, *command: ordinary.start("lab", "exec", node, "--", *command, stdout=subprocess.PIPE,
                                                      stderr=subprocess.STDOUT)
        def await_word(child, word):
            lines = []
            for line in child.stdout:
                lines.append(line)
                if word in line:
                    return
            self.fail(f"{word} was not said: {lines}")
        children = []
        def run_in(node, word, *command):
            children.append(start(node, *command))
            await_word(children[-1], word)

        sh = lambda node, script: lab("exec", node, "--", "sh", "-ec", script).out
        sh("h1", "printf 'vrrp_instance one {\\n interface eth0\\n virtual_router_id 7\\n priority 200\\n"
                 " advert_int 1\\n virtual_ipaddress {\\n 10.0.1.100/24\\n }\\n}\\n'"
                 " > /etc/keepalived/keepalived.conf")
        run_in("h1", "MASTER STATE", "keepalived", "--dont-fork", "--log-console")
        sh("h2", "ping -c1 -W5 10.0.1.100")
        run_in("h2", "Server listening", "iperf3", "--server", "--one-off", "--forceflush")
        self.assertIn("receiver", sh("h1", "iperf3 -c h2 -n 1M"))
        sh("h2", "ip link set lo up; ip address add 10.77.0.1/32 dev lo")
        options = ["-h", "1", "-S", "", "-d", "1", "-C", "default update-interval 1", "-I", "/run/b"]
        run_in("h2", "eth0", "babeld", *options, "-C", "redistribute local ip 10.77.0.1/32", "eth0")
        run_in("h1", "(installed)", "babeld", *options, "eth0")
        self.assertIn("proto babel", sh("h1", "ip route show 10.77.0.1"))
        sh("h1", "printf 'router id 10.0.0.1;\\nlog stderr all;\\nprotocol device {}\\nprotocol static away {"
                 " ipv4; route 10.8.0.0/16 blackhole; }\\nprotocol kernel { ipv4 { export all; }; }\\n'"
                 " > /etc/bird/bird.conf")
        run_in("h1", "Started", "bird", "-f", "-u", "bird", "-g", "bird")
        self.assertIn("10.8.0.0/16", sh("h1", "birdc show route"))
        self.assertIn("bird", sh("h1", "ps -o user= -C bird"))
        sh("h1", "tc qdisc add dev eth0 root tbf rate 1mbit burst 16kb latency 50ms && tc qdisc delete dev eth0 root")
        for child in children:
            child.terminate()
            child.communicate(timeout=20)

    def test_labs_outlive_labd(self):
        for ranges in (((ordinary.FIRST, 65536),), ()):
            with self.subTest(ranges=ranges):
                if not os.path.isdir(ordinary.SESSION):
                    self.make(*ranges)
                else:
                    for name in ("subuid", "subgid"):
                        pathlib.Path("/etc", name).write_text("")
                self.check_that_labs_outlive_labd()

    def check_that_labs_outlive_labd(self):
        lab("up", f"{EXAMPLES}/two-hosts.lab.toml")
        ping = ordinary.start("lab", "exec", "h1", "--", "ping", "-i", "0.05", "-c", "40", "h2",
                              stdout=subprocess.PIPE)
        machine.eventually("it runs", lambda: lab("exec", "h1", "--", "pgrep", "-x", "ping",
                                                   status=None).status == 0)
        for how in (signal.SIGKILL, signal.SIGTERM):
            machine.kill_daemon(how)
            self.assertEqual("up", lab("status", "--json").json["state"])
        out, _ = ping.communicate(timeout=30)
        self.assertIn(" 0% packet loss", out)
        # The holder, too, may die beside labd.
        [holder] = machine.processes("lab-holder")
        os.kill(holder, signal.SIGKILL)
        machine.eventually("another one", lambda: machine.processes("lab-holder") not in ([], [holder]))
        machine.kill_daemon(signal.SIGKILL)
        self.assert_all_reach_all("two-hosts")
        # Both at once take the names away, not the lab.
        for name in ("labd", "lab-holder"):
            for pid in machine.processes(name):
                os.kill(pid, signal.SIGKILL)
                machine.gone(pid)
        self.assertEqual("up", lab("status", "--json").json["state"])
        lab("up", f"{EXAMPLES}/two-hosts.lab.toml")
        self.assert_all_reach_all("two-hosts")
        self.assertEqual(3, len(lab("ns", "enter", "--", "ip", "netns", "list").out.splitlines()))
        lab("down", "two-hosts")
        machine.eventually("nothing lives on", lambda: not machine.processes("lab-spawner"))
        machine.kill_daemon()
        machine.eventually("nothing is kept for nobody", lambda: not machine.processes("lab-holder"))

    def test_ten_nodes_on_a_switch(self):
        self.make((ordinary.FIRST, 65536))
        lab("up", write("t.lab.toml", SWITCH))
        self.assert_all_reach_all("t")

    def test_what_is_roots_is_refused_by_name(self):
        self.make((ordinary.FIRST, 65536))
        done = lab("up", write("t.lab.toml", 'level = "open"\n' + PAIR), status=2)
        self.assertIn('h1 is at level "open", which only root of the host could give', done.err)
        self.assertEqual([], lab("ls", "--json").json["labs"])

    def test_who_else_may_use_it(self):
        self.make((ordinary.FIRST, 65536))
        lab("ls")
        socket = f"{ordinary.SESSION}/labd/labd.sock"
        self.assertEqual((0o600, ordinary.ID), (os.stat(socket).st_mode & 0o777, os.stat(socket).st_uid))
        done = machine.run("lab", "-S", socket, "ls", status=4)
        self.assertIn("this labd is another user's", done.err)

    def test_names_are_roots_in_a_run_for_everybody(self):
        os.chmod("/run", 0o1777)
        os.makedirs("/run/netns", exist_ok=True)
        self.make((ordinary.FIRST, 65536))
        lab("up", f"{EXAMPLES}/two-hosts.lab.toml")
        self.assert_all_reach_all("two-hosts")
        self.assertIn("two-hosts.h1", lab("ns", "enter", "--", "ip", "netns", "list").out)
        self.assertEqual([], os.listdir("/run/netns"))

    def test_the_systems_labd_comes_first(self):
        self.make((ordinary.FIRST, 65536))
        machine.lab("ls")
        done = lab("ls")
        self.assertIn("you may not use /run/labd/labd.sock: starting a labd of your own", done.err)
        self.assertEqual(2, len(machine.processes("labd")))
        self.assertIn("your own", lab("doctor", status=None).out)

    def doctor_below(self, *sysctls):
        """`lab doctor` of the user where SYSCTLS are set: limits are of each user namespace."""
        script = "read go; " + "".join(f"echo 0 > /proc/sys/{s}; " for s in sysctls) + 'exec "$@"'
        child = subprocess.Popen(
            ["unshare", "--user", "--keep-caps", "sh", "-c", script, "sh",
             *ordinary.command("--ambient-caps=-all", "lab", "doctor")],
            env={**os.environ, **ordinary.ENVIRONMENT}, cwd="/run/home", text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        space = lambda pid: os.readlink(f"/proc/{pid}/ns/user")
        machine.eventually("it is in a user namespace", lambda: space(child.pid) != space("self"))
        for kind in ("uid_map", "gid_map"):
            pathlib.Path(f"/proc/{child.pid}/{kind}").write_text("0 0 65536\n")
        out, _ = child.communicate("go\n", timeout=60)
        self.assertEqual(1, child.returncode, out)
        return out

    def test_doctor_explains_why_it_cannot_start(self):
        self.make((ordinary.FIRST, 65536))
        out = self.doctor_below("user/max_user_namespaces")
        self.assertRegex(out, r"(?s)user namespaces: create.*fix: sysctl -w user.max_user_namespaces=65536")
        self.assertIn("labd: answers", out)
        out = self.doctor_below("user/max_net_namespaces")
        self.assertRegex(out, r"(?s)user namespaces: nested.*fix: sysctl -w user.max_net_namespaces=65536")

    def test_doctor_knows_what_the_user_lacks(self):
        self.make((ordinary.FIRST, 65536))
        checks = {c["name"]: c for c in lab("doctor", "--json", status=None).json["checks"]}
        self.assertTrue(checks["user: range of ids"]["ok"])
        self.assertTrue(checks["user namespaces: links"]["ok"])
        self.assertTrue(checks["labd: rights"]["ok"])
        tun = checks["user: /dev/net/tun"]
        self.assertEqual(os.path.exists("/dev/net/tun") and os.stat("/dev/net/tun").st_mode & 6 == 6, tun["ok"])
        # Helpers that may do nothing, as in many containers.
        refused = machine.run(*ordinary.command("--bounding-set=-all", "lab", "doctor", "--json"),
                              env=ordinary.ENVIRONMENT, status=None).json["checks"]
        check = next(c for c in refused if c["name"] == "user: range of ids")
        self.assertFalse(check["ok"])
        self.assertIn("newuidmap", check["detail"])
        self.assertIn("uidmap", check["fix"])
