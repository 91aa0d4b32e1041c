"""Debian's kernel packages as trees to boot from: downloaded, unpacked, never installed."""

import pathlib
import shutil
import subprocess

from . import paths

CACHE = paths.BUILD / "guest"
# Packages without a content of their own, which depend on the newest kernel of that line.
META = {"6.12": "linux-image-6.12-cloud-amd64", "6.1": "linux-image-cloud-amd64"}


class Unavailable(Exception):
    """There is no such kernel to be had, and why."""


class Tree:
    def __init__(self, root):
        self.root = root
        self.kernel = next((root / "boot").glob("vmlinuz-*"))
        self.version = self.kernel.name.removeprefix("vmlinuz-")
        self.modules = root / "lib" / "modules"
        table = self.modules / self.version / "modules.dep"
        if not table.exists():
            subprocess.run(["depmod", "-b", root, self.version], check=True)
        self._needs = {}
        for line in table.read_text().splitlines():
            file, _, needs = line.partition(":")
            self._needs[file] = needs.split()

    def load_order(self, names):
        """Files of the modules NAMES and what they need, in the order of loading. What is built in
        has no file and is left out."""
        order = []

        def visit(file):
            for need in reversed(self._needs[file]):
                visit(need)
            if file not in order:
                order.append(file)

        for name in names:
            for file in self._needs:
                if pathlib.Path(file).name.split(".ko")[0].replace("-", "_") == name:
                    visit(file)
        return [self.modules / self.version / file for file in order]


def tree(line):
    """The newest kernel of LINE ("6.12"): from the cache, else from apt."""
    cached = CACHE / f"kernel-{line}"
    package = newest(line)
    if package is None:
        older = sorted(cached.glob("*/boot")) if cached.is_dir() else []
        if not older:
            raise Unavailable(f"apt knows no {META[line]}")
        return Tree(older[-1].parent)
    root = cached / package
    if not root.exists():
        # Only the last step gives it its name: a tree that is there is whole.
        shutil.rmtree(cached, ignore_errors=True)
        making = cached / "making"
        unpack([package], making)
        making.rename(root)
    return Tree(root)


def newest(line):
    for update in (False, True):
        if update:
            apt("apt-get", "-q", "update")
        said = apt("apt-cache", "depends", META[line])
        for word in said.split():
            if word.startswith(f"linux-image-{line}.") and word.endswith("-cloud-amd64"):
                return word
    return None


def unpack(packages, root):
    """Downloads PACKAGES and unpacks them into ROOT, without their scripts."""
    root.mkdir(parents=True)
    downloads = root / "downloads"
    downloads.mkdir()
    said = apt("apt-get", "-q", "download", *packages, cwd=downloads)
    found = list(downloads.glob("*.deb"))
    if len(found) != len(packages):
        raise Unavailable(f"apt-get download {' '.join(packages)}:\n{said}")
    for file in found:
        subprocess.run(["dpkg", "-x", file, root], check=True)
    shutil.rmtree(downloads)


def missing_for(package):
    """PACKAGE and what it depends on, as far as this machine lacks it."""
    said = apt("apt-get", "--simulate", "--no-install-recommends", "install", package)
    return [line.split()[1] for line in said.splitlines() if line.startswith("Inst ")]


def apt(*command, cwd=None):
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True).stdout
