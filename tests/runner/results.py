"""What became of every test, and how a person and a machine are told."""

import dataclasses
import os
import sys
import xml.etree.ElementTree as ET

# With CI=true everything is installed and we are root: what skips there hides a hole.
IN_CI = os.environ.get("CI") == "true"


@dataclasses.dataclass
class Result:
    stage: str
    name: str
    outcome: str  # passed, failed, skipped
    seconds: float = 0.0
    text: str = ""  # of a failure: what happened; of a skip: the reason


class Report:
    def __init__(self, directory, verbose):
        self.directory = directory
        self.verbose = verbose
        self.results = []

    def add(self, result):
        if result.outcome == "skipped" and IN_CI:
            result.outcome = "failed"
            result.text = "skipped, but in CI nothing may be: " + result.text
        self.results.append(result)
        if result.outcome == "failed":
            print(f"FAILED {result.stage}: {result.name} ({result.seconds:.1f} s)", flush=True)
            if result.text:
                print(indent(result.text if self.verbose else tail(result.text)), flush=True)
        elif self.verbose:
            print(f"{result.outcome:7} {result.stage}: {result.name} ({result.seconds:.1f} s)",
                  flush=True)

    def count(self, outcome, stage=None):
        return sum(r.outcome == outcome and stage in (None, r.stage) for r in self.results)

    def close_stage(self, stage, seconds):
        passed, failed, skipped = (self.count(o, stage) for o in ("passed", "failed", "skipped"))
        print(f"{stage}: {passed} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s",
              flush=True)
        self.write_junit(stage)

    def write_junit(self, stage):
        own = [r for r in self.results if r.stage == stage]
        suite = ET.Element("testsuite", name=stage, tests=str(len(own)),
                           failures=str(self.count("failed", stage)),
                           skipped=str(self.count("skipped", stage)))
        for r in own:
            case = ET.SubElement(suite, "testcase", classname=stage, name=r.name,
                                 time=f"{r.seconds:.3f}")
            if r.outcome == "failed":
                ET.SubElement(case, "failure", message=printable(r.text[:200])).text = printable(r.text)
            elif r.outcome == "skipped":
                ET.SubElement(case, "skipped", message=printable(r.text))
        ET.ElementTree(suite).write(self.directory / f"{stage}.xml", encoding="utf-8",
                                    xml_declaration=True)

    def close(self, seconds):
        """Prints the summary; its last line is the one that machines read."""
        failed = [r for r in self.results if r.outcome == "failed"]
        skipped = [r for r in self.results if r.outcome == "skipped"]
        slowest = sorted(self.results, key=lambda r: -r.seconds)[:10]
        if slowest:
            print("\nThe slowest tests:")
            for r in slowest:
                print(f"  {r.seconds:6.1f} s  {r.stage}: {r.name}")
        if skipped:
            print("\nSkipped:")
            for r in skipped:
                print(f"  {r.stage}: {r.name}: {r.text}")
        if failed:
            print("\nFailed:")
            for r in failed:
                print(f"  {r.stage}: {r.name}")
        print(f"\nAll took {seconds / 60:.1f} minutes; JUnit files are in build/tests/reports/")
        print(f"{self.count('passed')} passed, {len(failed)} failed, {len(skipped)} skipped")
        sys.stdout.flush()
        # Nothing run is nothing shown.
        return 1 if failed or not self.results else 0


def printable(text):
    """XML knows no control bytes."""
    return "".join(c if c in "\n\t" or c >= " " else "\N{REPLACEMENT CHARACTER}" for c in text)


def tail(text, lines=60):
    parts = text.rstrip().split("\n")
    return "\n".join(parts if len(parts) <= lines else ["…"] + parts[-lines:])


def indent(text):
    return "\n".join("    " + line for line in text.split("\n"))
