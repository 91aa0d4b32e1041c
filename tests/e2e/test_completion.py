"""bash completion: verbs, options, and the nodes and labs that run."""

from labtest import PAIR, LabTest
from machine import lab, run


class Completion(LabTest):
    def complete(self, line):
        """What bash offers for LINE."""
        words = line.split(" ")
        quoted = " ".join(f"'{w}'" for w in words)
        script = f'''
source /usr/share/bash-completion/bash_completion 2>/dev/null
source <(lab completion bash)
COMP_WORDS=({quoted}) COMP_CWORD={len(words) - 1} COMP_LINE='{line}' COMP_POINT={len(line)} COMP_TYPE=9
handler=$(complete -p lab | sed -E 's/.*-F ([^ ]+).*/\\1/')
"$handler" lab '{words[-1]}' '{words[-2] if len(words) > 1 else ""}'
printf '%s\\n' "${{COMPREPLY[@]}}"
'''
        return {w.strip() for w in run("bash", "-c", script).out.split("\n") if w.strip()}

    def test_verbs_and_options(self):
        self.assertLessEqual({"status"}, self.complete("lab stat"))
        self.assertLessEqual({"up", "down", "exec"}, self.complete("lab "))
        self.assertLessEqual({"--wait"}, {w.rstrip("=") for w in self.complete("lab up --w")})

    def test_names_of_what_runs(self):
        self.up(PAIR, "mylab")
        self.assertEqual({"h1", "h2"}, self.complete("lab exec h"))
        self.assertEqual({"h1", "h2"}, self.complete("lab shell "))
        self.assertEqual({"mylab"}, self.complete("lab -L my"))
        self.assertEqual({"mylab"}, self.complete("lab down my"))

    def test_without_a_daemon_it_starts_none(self):
        run("lab", "__complete", "lab", "exec", "", status=None)
        lab("--no-start", "ls", status=4)
