"""The machine around the labs stays as it is, whatever nodes do."""

import hashlib
import os
import pathlib

import machine
from labtest import LabTest, limit
from machine import lab, run

WRITER = """
links = [["h1", "r1"], ["r1", "h2"]]
[nodes]
h1 = "host"
r1 = { kind = "router", routing = "ospf" }
[nodes.h2]
kind  = "host"
files = { "/etc/motd" = { text = "from the file\\n" }, "/var/lib/x/y" = { text = "z" }, "/usr/local/new" = { text = "n" } }
exec  = ["echo written > /etc/issue", "echo written > /etc/new-file"]
"""


def inventory(*roots):
    """Every file below ROOTS: owner, mode, size, times; of /etc also the content's digest."""
    found = {}
    for root in roots:
        for folder, _, files in os.walk(root):
            for name in ["", *files]:
                path = pathlib.Path(folder) / name
                s = path.lstat()
                digest = hashlib.sha1(path.read_bytes()).hexdigest() \
                    if root == "/etc" and path.is_file() and not path.is_symlink() else ""
                found[str(path)] = (s.st_ino, s.st_uid, s.st_mode, s.st_size, s.st_mtime_ns, digest)
    return found


def sysctls():
    done = run("sysctl", "-a", status=None)
    moving = ("random", "dentry-state", "file-nr", "inode-nr", "inode-state", "pty.nr", "ns_last_pid",
              "aio-nr", "sched_domain", "loadavg", "nf_conntrack_count")
    return {line for line in done.out.splitlines() if not any(word in line for word in moving)}


class Host(LabTest):
    @limit(180)
    def test_no_file_of_the_host_changes(self):
        watched = ("/etc", "/var/lib/dpkg", "/var/spool", "/var/mail", "/opt", "/srv", "/usr/local",
                   "/root/.config", "/home")
        lab("ls")
        files, settings, mounts = inventory(*watched), sysctls(), machine.state()["mounts"]
        text = WRITER.replace(', "/usr/local/new" = { text = "n" }', "")
        self.up(text)
        for node in ("h1", "r1", "h2"):
            lab("exec", node, "--", "sh", "-c",
                "for f in /etc/passwd /etc/shadow /etc/hosts /etc/resolv.conf /etc/hostname "
                "/etc/frr/frr.conf /etc/new-one /var/lib/one /var/log/one /root/one /tmp/one "
                "/var/tmp/one /run/one /srv/one; do echo x >> $f; done; "
                "rm -rf /etc/frr /etc/ssl /var/lib/dpkg; "
                "sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=2; hostname renamed; "
                "ip link set lo down; true", status=None)
        self.assertEqual(settings, sysctls())
        lab("down", "t")
        self.assertEqual(settings, sysctls())
        self.assertEqual(files, inventory(*watched))
        self.assertEqual(mounts, machine.state()["mounts"])

    def test_usr_is_read_only(self):
        self.up(WRITER.replace(', "/usr/local/new" = { text = "n" }', ""))
        done = lab("exec", "h1", "--", "sh", "-c", "echo x > /usr/bin/new", status=None)
        self.assertNotEqual(0, done.status)
        self.assertIn("Read-only", done.err)
        done = lab("exec", "h1", "--", "mount", "-o", "remount,rw", "/usr", status=None)
        self.assertFalse(os.path.exists("/usr/bin/new"))

    def test_files_cannot_go_below_usr(self):
        # Either it is the node's own /usr/local, or the refusal says why; never the host's.
        lab("up", self.write("t.lab.toml", WRITER), status=None)
        self.assertFalse(os.path.exists("/usr/local/new"))

    def test_secrets_of_the_host_stay_outside(self):
        self.up(WRITER.replace(', "/usr/local/new" = { text = "n" }', ""))
        pathlib.Path("/run/work/secret").write_text("s")
        for path in ("/run/work/secret", "/run/labd/labd.sock", "/var/lib/dpkg/status",
                     str(machine.SOURCE / "README.md")):
            lab("exec", "h1", "--", "test", "-e", path, status=1)
        host = pathlib.Path("/etc/shadow").read_text()
        self.assertNotEqual(host, lab("exec", "h1", "--", "cat", "/etc/shadow").out)

    def test_a_node_sees_only_itself(self):
        self.up(WRITER.replace(', "/usr/local/new" = { text = "n" }', ""))
        shown = lab("exec", "h1", "--", "ps", "-eo", "pid,comm").out
        self.assertIn("lab-init", shown)
        self.assertNotIn("labd\n", shown)
        self.assertLess(len(shown.splitlines()), 6)
        self.assertEqual("lo eth0", " ".join(sorted(lab(
            "exec", "h1", "--", "ls", "/sys/class/net").out.split(), reverse=True)))
        mounts = lab("exec", "h1", "--", "cat", "/proc/mounts").out
        self.assertNotIn("/run/netns", mounts)
        self.assertNotIn(str(machine.SOURCE), mounts)

    def test_packaged_defaults_are_there(self):
        self.up(WRITER.replace(', "/usr/local/new" = { text = "n" }', ""))
        for path in ("/etc/services", "/etc/protocols", "/etc/ssl/certs", "/etc/nsswitch.conf",
                     "/etc/alternatives", "/var/lib", "/var/log", "/dev/null", "/dev/urandom",
                     "/dev/pts/ptmx", "/dev/shm", "/proc/self", "/sys/class/net/eth0", "/tmp"):
            lab("exec", "h1", "--", "test", "-e", path)
        self.assertEqual("from the file\n", lab("exec", "h2", "--", "cat", "/etc/motd").out)
        self.assertEqual("written\n", lab("exec", "h2", "--", "cat", "/etc/new-file").out)
        names = lab("exec", "h1", "--", "getent", "passwd", "frr", "_bird", "bird", "nobody",
                    status=None).out
        self.assertIn("frr:", names)
        lab("exec", "h1", "--", "test", "-O", "/root")
