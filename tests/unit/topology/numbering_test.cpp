// An edit never renumbers what runs (README.md, decision 11).
#include "topology/numbering.hpp"

#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace topology;

Resolved resolved(const std::string& text, const Numbering* running = nullptr) {
    test::MemoryFiles files{{"t.lab.toml", text}};
    ResolveOptions options;
    options.running = running;
    Resolved out = resolve(files, "t.lab.toml", options);
    EXPECT_FALSE(out.diagnostics.failed())
        << render(out.diagnostics.all(), out.sources, false, 100) << text;
    return out;
}

Lab fresh(const std::string& text) {
    return resolved(text).lab;
}

Lab edited(const Lab& running, const std::string& text) {
    const Numbering numbering = numbering_of(running);
    return resolved(text, &numbering).lab;
}

const Interface& at(const Lab& lab, const std::string& node, const std::string& name) {
    for (const Interface& interface : lab.find(node)->interfaces)
        if (interface.name == name) return interface;
    throw std::out_of_range(node + ":" + name);
}

// "h1:eth0 100 02:… 10.0.1.11/24 …" of each end, by whom the link joins.
std::multimap<std::string, std::string> ends_of(const Lab& lab) {
    std::multimap<std::string, std::string> out;
    for (const Link& link : lab.links) {
        std::set<std::string> nodes;
        for (const End& end : link.ends) nodes.insert(lab.nodes[end.node].name);
        std::string joined;
        for (const std::string& node : nodes) joined += node + " ";
        for (const End& end : link.ends) {
            const Interface& interface = lab.at(end);
            std::string words = link.name + " " + lab.nodes[end.node].name + ":" + interface.name +
                                " " + std::to_string(interface.index) + " " + interface.mac.text();
            for (const Prefix& address : interface.addresses) words += " " + address.text();
            out.emplace(joined, words);
        }
    }
    return out;
}

void expect_kept(const Lab& before, const Lab& after) {
    const auto old = ends_of(before), now = ends_of(after);
    for (const auto& end : now) {
        const std::string &joined = end.first, &words = end.second;
        // Of parallel links any may be the one that stays; those alone can be told.
        if (old.count(joined) != now.count(joined)) continue;
        const auto [first, last] = old.equal_range(joined);
        EXPECT_TRUE(std::any_of(first, last, [&](const auto& was) { return was.second == words; }))
            << words << " was not there; " << (first == last ? "" : first->second);
    }
    for (const Node& node : after.nodes)
        if (const Node* was = before.find(node.name); was != nullptr && was->id && node.id) {
            EXPECT_EQ(*was->id, *node.id) << node.name;
            EXPECT_EQ(was->loopbacks, node.loopbacks) << node.name;
        }
}

const std::string nodes = R"([nodes]
h1 = "host"
h2 = "host"
r1 = { kind = "router", loopback = true }
r3 = { kind = "router", loopback = true }
)";
const std::string base = "links = [[\"h1\", \"r1\"], [\"r1\", \"r3\"], [\"r3\", \"h2\"]]\n" + nodes;

TEST(numbering, links_and_nodes_in_the_middle) {
    const Lab before = fresh(base);
    const std::string text =
        "links = [[\"h1\", \"h3\"], [\"h1\", \"r1\"], [\"r1\", \"r2\"], [\"r2\", \"r3\"], "
        "[\"r1\", \"r3\"], [\"r3\", \"h3\"], [\"r3\", \"h2\"]]\n"
        "[nodes]\nh3 = \"host\"\nh1 = \"host\"\nh2 = \"host\"\n"
        "r2 = { kind = \"router\", loopback = true }\n"
        "r1 = { kind = \"router\", loopback = true }\n"
        "r3 = { kind = \"router\", loopback = true }\n";
    const Lab after = edited(before, text);
    expect_kept(before, after);
    EXPECT_EQ(at(after, "h1", "eth0").addresses, at(before, "h1", "eth0").addresses);
    EXPECT_EQ(at(after, "r1", "eth1").addresses, at(before, "r1", "eth1").addresses);
    EXPECT_EQ(after.find("r3")->id, 2U);
    EXPECT_EQ(after.find("r2")->id, 3U);
    // h1 is still called by the address that it had first.
    EXPECT_EQ(after.find("h1")->interfaces.front().name, "eth0");
    // A fresh one would differ, so that the test shows something.
    EXPECT_NE(fresh(text).find("r3")->id, 2U);
}

TEST(numbering, links_and_nodes_removed_leave_holes_that_are_filled_again) {
    const Lab before = fresh(base);
    const Lab less = edited(before,
                            "links = [[\"r3\", \"h2\"]]\n[nodes]\nh2 = \"host\"\n"
                            "r3 = { kind = \"router\", loopback = true }\n");
    expect_kept(before, less);
    EXPECT_EQ(at(less, "h2", "eth0").addresses.front().text(), "10.0.2.11/24");
    EXPECT_EQ(less.find("r3")->id, 2U);
    const Lab again = edited(less, base);
    expect_kept(less, again);
    EXPECT_EQ(at(again, "h1", "eth0").addresses.front().text(), "10.0.1.11/24");
    EXPECT_EQ(again.find("r1")->id, 1U);
}

TEST(numbering, a_lan_gets_and_loses_ends_and_keeps_its_name) {
    const std::string text =
        "[nodes]\n\"h[1-4]\" = \"host\"\n"
        "[[link]]\nlan = [\"h1\", \"h3\", \"h4\"]\n";
    const Lab before = fresh(text);
    const Lab after = edited(before,
                             "[nodes]\n\"h[1-4]\" = \"host\"\n"
                             "[[link]]\nlan = [\"h1\", \"h2\"]\n"
                             "[[link]]\nlan = [\"h1\", \"h2\", \"h3\", \"h4\"]\n");
    EXPECT_EQ(after.links[1].name, "lan-1");
    EXPECT_EQ(after.links[0].name, "lan-2");
    for (const char* host : {"h1", "h3", "h4"})
        EXPECT_EQ(at(after, host, "eth0").addresses, at(before, host, "eth0").addresses) << host;
    // The lowest free one; h1's second interface is the new one.
    EXPECT_EQ(at(after, "h2", "eth1").addresses.front().text(), "10.0.1.14/24");
    EXPECT_EQ(at(after, "h1", "eth1").addresses.front().text(), "10.0.2.11/24");
}

TEST(numbering, a_host_moves_to_another_switch) {
    const auto text = [](const std::string& where) {
        return "links = [[\"h1\", \"" + where +
               "\"], [\"h2\", \"a\"], [\"h3\", \"b\"]]\n[nodes]\n"
               "a = \"switch\"\nb = \"switch\"\nh1 = \"host\"\nh2 = \"host\"\nh3 = \"host\"\n";
    };
    const Lab before = fresh(text("a"));
    const Lab after = edited(before, text("b"));
    EXPECT_EQ(at(after, "h1", "eth0").mac, at(before, "h1", "eth0").mac);
    EXPECT_EQ(at(after, "h1", "eth0").addresses.front().text(), "10.0.2.12/24");
    for (const char* host : {"h2", "h3"})
        EXPECT_EQ(at(after, host, "eth0").addresses, at(before, host, "eth0").addresses) << host;
}

TEST(numbering, a_switch_comes_between) {
    const Lab before = fresh(
        "links = [[\"h0\", \"h3\"], [\"h1\", \"h2\"]]\n[nodes]\n"
        "\"h[0-3]\" = \"host\"\n");
    const Lab after = edited(before,
                             "links = [[\"h1\", \"sw\"], [\"sw\", \"h2\"]]\n[nodes]\n"
                             "\"h[0-3]\" = \"host\"\nsw = \"switch\"\n");
    for (const char* host : {"h1", "h2"})
        EXPECT_EQ(at(after, host, "eth0").addresses, at(before, host, "eth0").addresses) << host;
}

TEST(numbering, what_is_written_wins) {
    const Lab before = fresh(base);
    // Another link takes the network by name, another end the address; a pool is another one.
    const Lab network = edited(before,
                               "[[link]]\nendpoints = [\"h2\", \"h1\"]\n"
                               "prefix = \"10.0.1.0/24\"\n[[link]]\n"
                               "endpoints = [\"h1\", \"r1\"]\n" +
                                   nodes);
    EXPECT_EQ(at(network, "h2", "eth0").addresses.front().text(), "10.0.1.11/24");
    EXPECT_NE(at(network, "h1", "eth0").addresses.front().network().text(), "10.0.1.0/24");
    const Lab end = edited(before, "links = [[\"h1 10.0.1.77/24\", \"r1\"]]\n" + nodes);
    EXPECT_EQ(at(end, "h1", "eth0").addresses.front().text(), "10.0.1.77/24");
    EXPECT_EQ(at(end, "r1", "eth0").addresses.front().text(), "10.0.1.1/24");
    const Lab pool = edited(before, base + "[addressing]\nlans = { ipv4 = \"192.168.0.0/16\" }\n");
    EXPECT_TRUE(at(pool, "h1", "eth0").addresses.front().text().starts_with("192.168."));
    const Lab size = edited(before, base +
                                        "[addressing]\nlans = { ipv4 = \"10.0.0.0/12\", "
                                        "ipv6 = \"fd00::/48\", prefix4 = 25 }\n");
    EXPECT_EQ(at(size, "h1", "eth0").addresses.front().length, 25);
}

TEST(numbering, names_that_were_written_go_with_their_line) {
    const Lab before =
        fresh("links = [[\"h1:wan\", \"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = \"router\"\n");
    const Lab after =
        edited(before, "links = [[\"h1\", \"r1\"]]\n[nodes]\nh1 = \"host\"\nr1 = \"router\"\n");
    EXPECT_EQ(at(after, "h1", "eth0").addresses, at(before, "h1", "wan").addresses);
}

TEST(numbering, indexes_of_named_interfaces) {
    const auto text = [](const std::string& first) {
        return "[defaults.link]\nifname = \"peer\"\n[nodes]\nr1 = \"router\"\n\"h[1-3]\" = "
               "\"host\"\n" +
               first + "[[link]]\nendpoints = [\"r1\", \"h2\"]\n";
    };
    const Lab before = fresh(text(""));
    const Lab after = edited(before, text("[[link]]\nendpoints = [\"r1\", \"h1\"]\n"));
    EXPECT_EQ(at(before, "r1", "h2").index, 200U);
    EXPECT_EQ(at(after, "r1", "h2").index, 200U);
    EXPECT_EQ(at(after, "r1", "h1").index, 201U);
}

TEST(numbering, a_network_that_has_grown_too_small_goes) {
    const std::string pool =
        "[addressing]\nlans = { ipv4 = \"10.0.0.0/12\", ipv6 = \"fd00::/48\", "
        "prefix4 = 30 }\n";
    const Lab before =
        fresh(pool + "[nodes]\n\"h[1-9]\" = \"host\"\n[[link]]\nlan = [\"h1\", \"h2\"]\n");
    const Lab after =
        edited(before, pool + "[nodes]\n\"h[1-9]\" = \"host\"\n[[link]]\nlan = [\"h[*]\"]\n");
    std::set<Prefix> all;
    for (const Node& node : after.nodes) all.insert(node.interfaces[0].addresses.front());
    EXPECT_EQ(all.size(), 9U);
    EXPECT_LT(all.begin()->length, 30);
}

TEST(numbering, what_would_be_numbered_otherwise_is_told) {
    const Lab before = fresh(base);
    const std::string text =
        "links = [[\"h2\", \"r1\"], [\"h1\", \"r1\"], [\"r1\", \"r3\"], [\"r3\", \"h2\"]]\n" +
        nodes;
    const Lab after = edited(before, text);
    const std::vector<Renumbering> told = renumberings(after, fresh(text));
    const auto holds = [&](const Renumbering& one) {
        return std::find(told.begin(), told.end(), one) != told.end();
    };
    EXPECT_TRUE(holds({"r1:eth0", "eth0", "eth1"}));
    EXPECT_TRUE(
        holds({"h1:eth0", "10.0.1.11/24 fd00:0:0:1::11/64", "10.0.2.11/24 fd00:0:0:2::11/64"}));
    EXPECT_EQ(renumberings(before, fresh(base)), std::vector<Renumbering>{});
}

TEST(numbering, text_and_back) {
    const Numbering numbering = numbering_of(fresh(base));
    const Numbering again = parse_numbering(to_text(numbering));
    EXPECT_EQ(to_text(again), to_text(numbering));
    EXPECT_EQ(again.ids.at("r3"), 2U);
    EXPECT_TRUE(parse_numbering("nonsense\nlink\ninterface x\nid r1\n").empty());
}

// Labs by chance, and edits by chance.
class Chance {
  public:
    explicit Chance(unsigned seed) : random_(seed) {}

    void edit() {
        for (std::size_t i = below(4); i-- > 0 && nodes_.size() < 12;) {
            const bool router = below(2) == 0;
            const std::string name = (router          ? "r"
                                      : below(3) == 0 ? "s"
                                                      : "h") +
                                     std::to_string(next_++);
            nodes_.insert(nodes_.begin() + static_cast<long>(below(nodes_.size() + 1)), name);
        }
        for (std::size_t i = below(3); i-- > 0 && nodes_.size() > 4;) {
            const std::string name = nodes_[below(nodes_.size())];
            std::erase(nodes_, name);
            for (auto& link : links_) std::erase(link, name);
        }
        std::erase_if(links_, [&](const auto& link) { return link.size() < 2 || below(8) == 0; });
        for (std::size_t i = below(5); i-- > 0 && nodes_.size() > 1;) {
            std::vector<std::string> link;
            const std::size_t ends = below(4) == 0 ? 3 : 2;
            for (std::size_t e = 0; e < ends; ++e) {
                const std::string name = nodes_[below(nodes_.size())];
                if (std::find(link.begin(), link.end(), name) == link.end()) link.push_back(name);
            }
            if (link.size() < 2) continue;
            links_.insert(links_.begin() + static_cast<long>(below(links_.size() + 1)), link);
        }
    }

    std::string text() const {
        std::string out = "name = \"t\"\n[nodes]\n";
        for (const std::string& node : nodes_)
            out += node + (node[0] == 'r'   ? " = { kind = \"router\", loopback = true }\n"
                           : node[0] == 's' ? " = \"switch\"\n"
                                            : " = \"host\"\n");
        for (const auto& link : links_) {
            out += std::string("[[link]]\n") + (link.size() > 2 ? "lan" : "endpoints") + " = [";
            for (const std::string& end : link) out += "\"" + end + "\", ";
            out += "]\n";
        }
        return out;
    }

  private:
    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }
    std::mt19937 random_;
    std::vector<std::string> nodes_{"h90", "r91"};
    std::vector<std::vector<std::string>> links_;
    unsigned next_ = 1;
};

bool may_resolve(const std::string& text) {
    test::MemoryFiles files{{"t.lab.toml", text}};
    return !resolve(files, "t.lab.toml").diagnostics.failed();
}

// Segments that an edit joins or splits may move their ends, so only links are compared whose
// segment has the same ends as before.
std::set<std::string> same_segments(const Lab& a, const Lab& b) {
    const auto segments = [](const Lab& lab) {
        std::map<std::set<std::string>, std::string> out;
        for (const Segment& segment : lab.segments) {
            std::set<std::string> ends;
            for (const End& end : segment.ends)
                ends.insert(lab.nodes[end.node].name + ":" + lab.at(end).name);
            out[ends] = (segment.ipv4 ? segment.ipv4->text() : "") +
                        (segment.ipv6 ? segment.ipv6->text() : "");
        }
        return out;
    };
    const auto before = segments(a), after = segments(b);
    std::set<std::string> out;
    for (const auto& [ends, network] : after)
        if (const auto was = before.find(ends); was != before.end())
            for (const std::string& end : ends) out.insert(end);
    return out;
}

TEST(numbering, edits_by_chance) {
    unsigned compared = 0;
    for (unsigned seed = 0; seed < 150; ++seed) {
        SCOPED_TRACE(seed);
        Chance chance(seed);
        chance.edit();
        if (!may_resolve(chance.text())) continue;
        Lab running = fresh(chance.text());
        for (int round = 0; round < 6; ++round) {
            chance.edit();
            if (!may_resolve(chance.text())) break;
            const Lab after = edited(running, chance.text());
            // Names, indexes and MACs of every link that goes on.
            const auto names = [](const Lab& lab) {
                std::map<std::string, std::set<std::string>> out;
                for (const Link& link : lab.links)
                    for (const End& end : link.ends)
                        out[link.name].insert(lab.nodes[end.node].name + ":" + lab.at(end).name +
                                              " " + std::to_string(lab.at(end).index) + " " +
                                              lab.at(end).mac.text());
                return out;
            };
            std::map<std::string, int> pairs_before, pairs_after;
            for (const auto& [joined, words] : ends_of(running)) ++pairs_before[joined];
            for (const auto& [joined, words] : ends_of(after)) ++pairs_after[joined];
            const auto was = names(running), now = names(after);
            for (const Link& link : after.links) {
                std::set<std::string> nodes_joined;
                for (const End& end : link.ends) nodes_joined.insert(after.nodes[end.node].name);
                std::string joined;
                for (const std::string& node : nodes_joined) joined += node + " ";
                if (pairs_before[joined] != pairs_after[joined]) continue;
                ASSERT_TRUE(was.contains(link.name)) << link.name;
                ASSERT_EQ(was.at(link.name), now.at(link.name)) << link.name;
            }
            // Addresses of every segment that goes on.
            for (const std::string& end : same_segments(running, after)) {
                const std::size_t colon = end.find(':');
                const std::string node = end.substr(0, colon), name = end.substr(colon + 1);
                ASSERT_EQ(at(running, node, name).addresses, at(after, node, name).addresses)
                    << end << "\n"
                    << chance.text();
                ++compared;
            }
            // Its own numbers change nothing: labd does not read it again to keep those.
            const Lab anew = fresh(chance.text());
            ASSERT_EQ(edited(anew, chance.text()), anew);
            // The same file again changes nothing, and a labd that comes back says the same.
            ASSERT_EQ(edited(after, chance.text()), after);
            const Numbering kept = parse_numbering(to_text(numbering_of(running)));
            ASSERT_EQ(resolved(chance.text(), &kept).lab, after);
            running = after;
        }
    }
    EXPECT_GT(compared, 500U);
}

}  // namespace
