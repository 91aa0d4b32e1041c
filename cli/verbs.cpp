// The table of verbs, in the order of the front page.
#include "cli/verbs.hpp"

#include <cstring>

namespace cli {

const std::vector<Verb>& verbs() {
    static const std::vector<Verb> table{
        {"init", "", "Build", "[TEMPLATE] [FILE]", "write a first lab.toml to start from",
         "lab init                 a first lab.toml: two hosts and a router\n"
         "lab init ospf            three routers that speak OSPF\n"
         "lab init --list          all templates\n",
         Argument::templates},
        {"up", "apply", "Build", "[FILE]", "bring a lab up, or change it to what the file says now",
         "lab up                   the lab.toml of this folder\n"
         "lab up clos.lab.toml --set leaves=8\n"
         "lab up --renumber        give up the names and addresses that an edit has kept\n"
         "lab up --wait=30s        also wait until routes are there\n"
         "lab up --autostart       it also comes back after a boot\n"
         "lab up --repair          put right what somebody has changed by hand in the nodes\n"
         "lab up --adopt > new.lab.toml        or take it over into a file\n",
         Argument::file},
        {"plan", "diff", "Build", "[FILE]", "what `lab up` would change, without changing it",
         "lab plan                 + to add, ~ to change, - to destroy, -/+ to make anew\n"
         "lab plan --exit-code     exit 2 when something would change\n"
         "lab plan --json          every change with its old and new value\n",
         Argument::file},
        {"down", "", "Build", "[NAME]…", "take a lab away without a trace",
         "lab down                 the lab of this folder, or the only one\n"
         "lab down --all\n",
         Argument::labs},
        {"validate", "lint", "Build", "[FILE]…", "check topology files, touch nothing",
         "lab validate             every mistake at once, with line and hint\n"
         "lab validate labs/*.lab.toml\n"
         "lab validate -o sarif > lab.sarif     for code scanners and editors\n",
         Argument::file},
        {"show", "", "Build", "[FILE]", "the topology with nothing implicit, or the daemons' files",
         "lab show --resolved      every address, route and name written out\n"
         "lab show --configs       the files made for FRR and BIRD\n"
         "lab -L clos show         of a running lab\n",
         Argument::file, false, "the topology with nothing implicit; a drawing of it"},
        {"graph", "", "Build", "[FILE]", "draw it: svg, dot, mermaid or ascii",
         "lab graph                in the terminal\n"
         "lab graph -f svg > lab.svg\n",
         Argument::file, true},
        {"ls", "", "Look", "", "the labs there are",
         "lab ls\nlab ls -q                names only\n", Argument::none},
        {"status", "ps", "Look", "[NODE]…", "nodes: state, addresses, daemons",
         "lab status\n"
         "lab status --watch       anew whenever something happens, until Ctrl-C\n"
         "lab status @router -o wide\n",
         Argument::nodes},
        {"links", "", "Look", "[NODE]", "links: state, MTU, traffic", "lab links\nlab links r1\n",
         Argument::node, false, "links with their traffic; all that is known of one, as JSON"},
        {"inspect", "", "Look", "[NODE|LINK]",
         "everything known about a lab, node or link, as JSON",
         "lab inspect r1\n"
         "lab inspect r1 -f /interfaces/0/mac\n"
         "lab inspect r1--r2\n",
         Argument::node_or_link, true},
        {"logs", "", "Look", "[NODE[/SERVICE]]", "what the daemons of the nodes said",
         "lab logs                 all nodes, each line with its node\n"
         "lab logs r1/ospfd -n 20 -f\n"
         "lab logs -f --json       a line each: node, service, line\n",
         Argument::service},
        {"ns", "", "Look", "[NODE]… | enter COMMAND…", "namespaces: kinds, owners, processes",
         "lab ns r1                as lsns shows them\n"
         "lab ns --tree            host, lab, nodes, and what was made inside\n"
         "lab ns enter -- ip netns list     a command where the names of nodes are (without\n"
         "                         root they are in a view of your own)\n",
         Argument::nodes},
        {"audit", "", "Look", "", "who did what, when; root sees all, others their own",
         "lab audit -L clos --since 1h\n"
         "lab audit --who alice --verb exec -n 20\n"
         "lab audit --verify       is the log as it was written?\n",
         Argument::none, false, "who did what, when; what happens in the labs just now"},
        {"events", "", "Look", "", "what happens: nodes, links, addresses, services, drift",
         "lab events -f            as it comes\n"
         "lab events --json --since-seq 41 -f   go on where the last one ended\n"
         "lab events --initial-state -f         with how everything is now\n",
         Argument::none, true},
        {"stop", "", "Act", "NODE…", "end a node's processes; its cables stay, and lose carrier",
         "lab stop r1\nlab stop 'h[1-3]'\n", Argument::nodes, false,
         "end a node's processes, start it again; its cables stay"},
        {"start", "", "Act", "NODE…", "start it again, with all that the file says",
         "lab start r1\n", Argument::nodes, true},
        {"restart", "", "Act", "NODE…", "stop and start", "lab restart r1\n", Argument::nodes,
         true},
        {"pause", "", "Act", "NODE…", "hold what runs in a node (SIGSTOP); it keeps its memory",
         "lab pause r1\n", Argument::nodes, false, "hold what runs in a node, and let it go on"},
        {"resume", "", "Act", "NODE…", "let it go on (SIGCONT)", "lab resume r1\n", Argument::nodes,
         true},
        {"link", "", "Act", "LINK up|down|flap | add A B | rm LINK",
         "take a link down and up again; what is asked of it outlives labd",
         "lab link h1--r1 down     until told otherwise, or the next lab up\n"
         "lab link h1 r1 down --for 5s     then it comes back by itself\n"
         "lab link r1:eth0 flap\n"
         "lab link --between 'left*' 'right*' down     a partition\n"
         "lab link add h1 r2 mtu=1400     one more, until the next lab up\n"
         "lab link rm h1--r1\n",
         Argument::link, false, "links down, slow or lossy; packets into a file or as lines"},
        {"impair", "", "Act", "LINK [--delay TIME] [--loss SHARE] [--rate BITS] …",
         "delay, loss, rate and more of a link that runs; what is not named stays",
         "lab impair h1--r1 --delay 20ms --jitter 2ms      or delay=20ms jitter=2ms\n"
         "lab impair h1 r1 --loss 1% --dir 'h1→r1'     only what h1 sends\n"
         "lab impair r1:eth0 --rate 10mbit --for 30s     then it goes back by itself\n"
         "lab impair h1--r1 --jitter off      away with one thing\n"
         "lab impair h1--r1 --clear           and with all, until the next lab up\n"
         "lab impair --show\n",
         Argument::impaired_link, true},
        {"capture", "", "Act", "NODE[:IF]|LINK… [FILTER]",
         "packets of any number of places, in the order of time",
         "lab capture r1               all of its interfaces, as lines\n"
         "lab capture h1--r1 icmp      a link (its first end), and a filter as tcpdump has it\n"
         "lab capture h1:eth0 r2 -w x.pcapng -c 1000      one file, each place by its name\n"
         "lab capture r1 -w x.pcapng --ring 10MB     for long runs: the newest 10 MB\n"
         "lab capture r1 --wireshark\n",
         Argument::node_or_link, true},
        {"exec", "", "Act", "NODE… [--] COMMAND…",
         "run a command in a node, or in many: 'h[1-3]', @router, all",
         "lab exec h1 -- ping -c 3 h2\n"
         "lab exec 'r[1-3]' -- ip -br addr     several at once, lines with their node\n"
         "lab exec h1 -- sh -c 'cat > /tmp/x' < x\n",
         Argument::node_command},
        {"shell", "sh", "Act", "NODE", "a login shell in a node", "lab shell r1\n", Argument::node,
         false, "a login shell in a node; the FRR shell of a router"},
        {"vtysh", "", "Act", "ROUTER", "the FRR shell of a router",
         "lab vtysh r1\n"
         "lab vtysh r1 -c 'show ip route'\n",
         Argument::node, true},
        {"ping", "", "Act", "[FROM [TO]]", "who reaches whom: all pairs without arguments",
         "lab ping                 every pair, as a matrix\n"
         "lab ping h1 h2 -c 3\n"
         "lab ping 'h[1-3]' @router -6\n",
         Argument::nodes},
        {"check", "", "Test", "", "what the [[check]] tables ask, of the lab that runs",
         "lab check                ticks, hints and points\n"
         "lab check -k 'ospf and not backup'\n"
         "lab check --watch        ticks and points as they change, until Ctrl-C\n"
         "lab check --json         every try as a line\n",
         Argument::none},
        {"test", "", "Test", "[FILE]…", "bring a copy up, run its checks, take it down",
         "lab test\n"
         "lab test labs/*.lab.toml --jobs 4 --junit report.xml\n"
         "lab test --repeat 20 --fail-fast     hunt a flake\n"
         "lab test --pause-on-fail             a shell beside the lab whose check has failed\n"
         "lab test --repeat 10 --csv           of each number the mean and the deviation\n",
         Argument::file, false, "test a copy of it; score students' files; wait for one check"},
        {"grade", "", "Test", "FOLDER [FILE]",
         "students' files, scored by the checks of an exercise",
         "lab grade handed-in ospf.lab.toml > scores.csv\n"
         "lab grade handed-in --jobs 4 --csv scores.csv\n",
         Argument::file, true},
        {"wait", "", "Test", "CONDITION", "until a check is true",
         "lab wait ready           every node runs, its services are ready\n"
         "lab wait 'ping h1 h2'\n"
         "lab wait 'ospf-neighbors r[1-3] full=2' --timeout 30s\n"
         "lab wait 'not ping h1 h2'\n",
         Argument::none, true},
        {"doctor", "", "Tools", "", "what this machine lacks, and how to get it", "lab doctor\n",
         Argument::none, false, "what this machine lacks; what earlier labs have left"},
        {"gc", "clean", "Tools", "", "remove what earlier labs have left, by labd's own mark",
         "lab gc --dry-run         what would go\nlab gc\n", Argument::none, true},
        {"completion", "", "Tools", "bash", "words for your shell: source <(lab completion bash)",
         "source <(lab completion bash)\n", Argument::shells, false,
         "words for your shell: source <(lab completion bash); versions"},
        {"version", "", "Tools", "", "versions of lab and labd", "lab version\n", Argument::none,
         true},
        {"help", "", "Tools", "[VERB|TOPIC]", "more: a verb, topology, exit-codes, environment",
         "lab help topology        the language, on three screens\n"
         "lab help exec\n",
         Argument::topics},
    };
    return table;
}

const Verb* find_verb(std::string_view name) {
    for (const Verb& verb : verbs())
        if (name == verb.name || (*verb.alias != '\0' && name == verb.alias)) return &verb;
    return nullptr;
}

std::vector<std::string> verb_names() {
    std::vector<std::string> names;
    for (const Verb& verb : verbs()) {
        names.emplace_back(verb.name);
        if (*verb.alias != '\0') names.emplace_back(verb.alias);
    }
    return names;
}

}  // namespace cli
