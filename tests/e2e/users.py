"""Users of this test's own: alice and bob may use labd, carol may not; bob and dan are of a team.

They stand in a passwd and a group file that are laid over the machine's for as long as the test's
mount namespace lives."""

import pathlib

from machine import run

IDS = {"alice": 2001, "bob": 2002, "carol": 2003, "dan": 2004}
GROUPS = {"labd": (2000, ["alice", "bob", "dan"]), "team": (2010, ["bob", "dan"])}


def make():
    passwd = "".join(f"{name}:x:{uid}:{uid}::/run/home/{name}:/bin/bash\n" for name, uid in IDS.items())
    group = "".join(f"{name}:x:{uid}:\n" for name, uid in IDS.items())
    group += "".join(f"{name}:x:{gid}:{','.join(members)}\n" for name, (gid, members) in GROUPS.items())
    for kind, more in (("passwd", passwd), ("group", group)):
        kept = [line for line in pathlib.Path("/etc", kind).read_text().splitlines(True)
                if line.split(":")[0] not in (*IDS, *GROUPS)]
        mine = pathlib.Path("/run", kind)
        mine.write_text("".join(kept) + more)
        run("mount", "--bind", mine, f"/etc/{kind}")
    for name in IDS:
        home = pathlib.Path("/run/home", name)
        home.mkdir(parents=True)
        run("chown", f"{name}:{name}", home)


def become(name):
    """What to write before a command that NAME runs."""
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--no-new-privs"]


def lab(name, *arguments, **options):
    """`lab` as NAME runs it, in their home."""
    home = f"/run/home/{name}"
    return run(*become(name), "lab", *arguments, **{"cwd": home, "env": {"HOME": home}, **options})


def write(name, file, text, mode=0o644):
    path = pathlib.Path("/run/home", name, file)
    path.write_text(text)
    path.chmod(mode)
    run("chown", f"{name}:{name}", path)
    return path


def curl(name, method, path, *more):
    """(status, body) of a request by hand."""
    done = run(*become(name), "curl", "-sS", "--unix-socket", "/run/labd/labd.sock", "-X", method,
               "-w", "\n%{http_code}", f"http://labd{path}", *more)
    body, _, status = done.out.rpartition("\n")
    return int(status), body
