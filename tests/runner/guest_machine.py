"""A throw-away machine with a kernel of its own: QEMU, this machine's tree shared with it.

The tree comes over virtiofs and is read-only for the guest, which has a tmpfs over it; only the
directories that are named writable are. Nothing is ever taken from /dev/kvm, although it may open:
where it has no processor behind it a guest dies or hangs."""

import contextlib
import dataclasses
import lzma
import pathlib
import select
import shlex
import shutil
import subprocess
import tempfile
import time

from . import paths

PARTS = paths.SOURCE / "tests" / "guest"
# Until the shared tree is reached; built into some kernels, modules of others.
EARLY = ["virtio_pci", "fuse", "virtiofs", "virtio_console", "overlay", "virtio_rng"]
# Empty in the guest: what belongs to the machine that the tree is shared from, and what changes there
# meanwhile, which an overlay takes ill ("Stale file handle").
OWN = ["/etc/systemd/system", "/etc/systemd/network", "/var/lib/labd", "/var/log", "/tmp"]
VIRTIOFSD = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"]


@dataclasses.dataclass
class Ended:
    statuses: list  # of the commands that came to their end
    output: str
    console: str
    late: bool

    def death(self):
        """Why there is no more: the last words of the kernel."""
        why = "ran past its time limit" if self.late else "died"
        last = "\n".join(self.console.replace("\r", "").splitlines()[-25:])
        return f"the guest {why}; its console ended with\n{last}\n{self.output[-6000:]}"


@dataclasses.dataclass
class Guest:
    kernel: object  # a guest_kernel.Tree
    commands: list  # each a list of words
    environment: dict
    limit: int  # seconds
    writable: list = dataclasses.field(default_factory=list)
    layers: list = dataclasses.field(default_factory=list)  # laid over the tree, the last on top
    pid1: str = "/bin/bash /run/guest/pid1"
    append: str = ""
    memory: int = 2048  # MiB; a sanitized labd and its two parsers have 250 each
    processors: int = 1

    def run(self):
        """Boots, runs the commands, powers off."""
        # Below /run or /tmp: the path of a socket must be short.
        with tempfile.TemporaryDirectory(prefix="guest.") as name, contextlib.ExitStack() as stack:
            directory = pathlib.Path(name)
            self.make_initramfs(directory)
            share(directory, stack)
            late = False
            machine = subprocess.Popen(self.qemu(directory), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            try:
                complaint, _ = machine.communicate(timeout=self.limit)
            except subprocess.TimeoutExpired:
                machine.kill()
                complaint, _ = machine.communicate()
                late = True
            statuses = [int(line.split()[1]) for line in read(directory / "ended").splitlines()]
            return Ended(statuses, read(directory / "said"), read(directory / "console") + complaint,
                         late)

    def make_initramfs(self, directory):
        root = directory / "initramfs"
        for place in ("bin", "proc", "sys", "dev", "tree", "over", "new", "modules"):
            (root / place).mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), root / "bin" / "busybox")
        shutil.copy(PARTS / "init", root / "init")
        (root / "init").chmod(0o755)
        names = []
        for file in self.kernel.load_order(EARLY):
            opened = lzma.open if file.suffix == ".xz" else open
            with opened(file, "rb") as module:
                (root / "modules" / file.name).write_bytes(module.read())
            names.append(file.name)
        (root / "modules" / "order").write_text("".join(n + "\n" for n in names))
        shared = [*map(str, self.layers), *map(str, self.writable), str(paths.SOURCE)]
        own = [place for place in OWN if not any(path.startswith(place + "/") for path in shared)]
        conf = {"modules": self.kernel.modules, "next": self.pid1, "own": " ".join(own),
                "layers": " ".join(map(str, self.layers)),
                "writable": " ".join(map(str, self.writable))}
        (root / "conf").write_text(assignments(conf))
        guest = root / "guest"
        shutil.copytree(PARTS, guest, ignore=shutil.ignore_patterns("*.cpp", "*.hpp", "init"))
        (guest / "environment").write_text(assignments(self.environment))
        (guest / "commands").write_text("".join(shlex.join(map(str, c)) + "\n"
                                                for c in self.commands))
        with open(directory / "initrd", "wb") as initrd:
            files = "\0".join(str(f.relative_to(root)) for f in sorted(root.rglob("*")))
            subprocess.run(["cpio", "-o", "-0", "-H", "newc", "--quiet"], cwd=root, check=True,
                           input=files.encode(), stdout=initrd)

    def qemu(self, directory):
        ports = [word for port in ("said", "ended")
                 for word in ("-chardev", f"file,id={port},path={directory}/{port}",
                              "-device", f"virtserialport,chardev={port},name={port}")]
        return ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
                "-no-reboot", "-accel", "tcg,thread=multi", "-cpu", "max",
                "-smp", str(self.processors), "-m", str(self.memory),
                "-object", f"memory-backend-memfd,id=mem,size={self.memory}M,share=on",
                "-machine", "q35,memory-backend=mem",
                "-kernel", self.kernel.kernel, "-initrd", directory / "initrd",
                # The kernel measures its TSC at boot; where others keep the processors busy it comes
                # out wrong, and the guest's seconds with it. The HPET's are this machine's. Nor may
                # it panic when no tick of the timer comes while it looks for one.
                "-append", "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off "
                           "clocksource=hpet tsc=unstable no_timer_check random.trust_cpu=on "
                           f"{self.append}",
                "-serial", f"file:{directory}/console", "-device", "virtio-rng-pci",
                "-device", "virtio-serial-pci", *ports,
                "-chardev", f"socket,id=tree,path={directory}/tree.sock",
                "-device", "vhost-user-fs-pci,chardev=tree,tag=tree"]


def share(directory, stack):
    """Starts what hands the tree to the guest; it ends with the guest, or with the stack."""
    program = next(f for f in VIRTIOFSD if pathlib.Path(f).exists())
    socket, log = directory / "tree.sock", directory / "share.log"
    with open(log, "w") as said:
        server = subprocess.Popen([program, f"--socket-path={socket}", "-o", "source=/",
                                   "-o", "cache=always", "-o", "sandbox=chroot"],
                                  stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    def end():
        server.kill()
        server.wait()

    stack.callback(end)
    deadline = time.monotonic() + 30
    while not socket.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            raise OSError(f"{program} does not serve:\n{log.read_text()}")
        select.select([], [], [], 0.02)


def read(file):
    return file.read_text(errors="replace") if file.exists() else ""


def assignments(values):
    return "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in values.items())
