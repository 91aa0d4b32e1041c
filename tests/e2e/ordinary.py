"""An ordinary user of this test's own: a home, a session folder, maybe subordinate ids, no rights."""

import os
import pathlib
import subprocess

import machine

NAME, ID = "student", 7001
SESSION = f"/run/user/{ID}"
BINARIES, EXAMPLES = "/run/programs", "/run/examples"
FIRST = 2_000_000


def make(ranges=((FIRST, 65536),)):
    """RANGES: (first, count) of subordinate ids. Everything is laid over the machine's own files for
    as long as the test's mount namespace lives."""
    lines = "".join(f"{NAME}:{first}:{count}\n" for first, count in ranges)
    contents = {"passwd": f"{NAME}:x:{ID}:{ID}::/run/home:/bin/bash\n", "group": f"{NAME}:x:{ID}:\n",
                "subuid": lines, "subgid": lines}
    for name, more in contents.items():
        own = pathlib.Path("/etc", name)
        kept = own.read_text() if name in ("passwd", "group") else ""
        mine = pathlib.Path("/run", name)
        mine.write_text(kept + more)
        own.touch()  # a mount needs something to lie on
        machine.run("mount", "--bind", mine, own)
    # The sources may be in a folder that only root may enter.
    for place, source in ((BINARIES, machine.BINARIES), (EXAMPLES, machine.EXAMPLES)):
        os.makedirs(place)
        machine.run("mount", "--bind", source, place)
    for place in (SESSION, "/run/home"):
        os.makedirs(place)
        os.chown(place, ID, ID)
        os.chmod(place, 0o700)


def command(*words):
    """As a login would leave it: no capabilities, but helpers that are setuid root work."""
    return ["setpriv", f"--reuid={ID}", f"--regid={ID}", "--clear-groups", "--inh-caps=-all", *words]


ENVIRONMENT = {"PATH": f"{BINARIES}:/usr/local/bin:/usr/bin:/bin", "HOME": "/run/home", "USER": NAME,
               "LOGNAME": NAME, "SHELL": "/bin/bash", "XDG_RUNTIME_DIR": SESSION}


def run(*words, **options):
    return machine.run(*command(*words), env=ENVIRONMENT, cwd="/run/home", **options)


def lab(*words, **options):
    return run("lab", *words, **options)


def start(*words, **options):
    return subprocess.Popen(command(*words), env={**os.environ, **ENVIRONMENT}, cwd="/run/home",
                            text=True, **options)


def write(name, text):
    path = pathlib.Path("/run/home", name)
    path.write_text(text)
    return path
