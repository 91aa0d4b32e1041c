"""`cmake --install` into a root of its own, and what was installed tried there."""

import pathlib

import machine
from labtest import PAIR, LabTest, limit
from machine import SOURCE, lab, run


class Install(LabTest):
    @limit(180)
    def test_installed_and_tried(self):
        root, prefix = pathlib.Path("/run/work/root"), "usr/local"
        run("cmake", "--install", SOURCE / "build" / "release", env={"DESTDIR": str(root)})
        files = {str(f.relative_to(root)) for f in root.rglob("*") if f.is_file()}
        for pattern in (f"{prefix}/bin/lab", f"{prefix}/sbin/labd", "/lab-init", "labd.service",
                        "labd.socket", "bash-completion", "LICENSE"):
            self.assertTrue([f for f in files if pattern in f], f"no {pattern} in {sorted(files)}")

        # What is installed finds its parts with nothing of the build tree on the way.
        run("mount", "--bind", root / prefix, f"/{prefix}")
        self.before["mounts"] = machine.state()["mounts"]
        path = {"PATH": f"/{prefix}/bin:/{prefix}/sbin:/usr/sbin:/usr/bin:/sbin:/bin"}
        found = run("which", "lab", "labd", env=path).out.split()
        self.assertEqual([f"/{prefix}/bin/lab", f"/{prefix}/sbin/labd"], found)
        lab("up", self.write("t.lab.toml", PAIR), env=path)
        lab("exec", "h1", "--", "ping", "-c1", "h2", env=path)
        exe = pathlib.Path(f"/proc/{machine.processes('labd')[0]}/exe").resolve()
        self.assertEqual(f"/{prefix}/sbin/labd", str(exe))

        unit = next(f for f in files if f.endswith("labd.service"))
        text = (root / unit).read_text()
        for line in ("KillMode=process", "Delegate=yes", "TasksMax=infinity"):
            self.assertIn(line, text)
        self.assertNotRegex(text, r"(?m)^(Private|Protect|ReadOnly|Inaccessible|TemporaryFile|BindPaths|RootD)",
                            "a unit with a mount namespace would hide the labs' names")
