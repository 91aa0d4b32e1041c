// `during`: what is broken while a check is asked.
#include "topology/check_fault.hpp"

#include "topology/keys.hpp"
#include "topology/node_set.hpp"
#include "topology/suggest.hpp"

#include <algorithm>

namespace topology {
namespace {

const KeyTable& fault_keys() {
    static const KeyTable table{"\"during\"", {"down", "kill", "partition", "stop"}};
    return table;
}

bool joins(const Link& link, const Lab& lab, const std::string& a, const std::string& b) {
    const auto has = [&](const std::string& name) {
        return std::any_of(link.ends.begin(), link.ends.end(),
                           [&](const End& e) { return lab.nodes[e.node].name == name; });
    };
    return link.ends.size() == 2 && has(a) && has(b);
}

// What every kind of fault is read with.
struct FaultReader {
    const NodeList& nodes;
    const Lab& lab;
    Fault& fault;
    Diagnostics& diagnostics;

    void links(const char* key, const Value& value);
    void partition(const Value& value);
    void stop(const Value& value);
    void kill(const Value& value);

  private:
    void link_named(const char* key, const Value& value);
    bool is_node(const Text& name);
    std::optional<std::vector<std::string>> side(const Text& set);
};

void FaultReader::link_named(const char* key, const Value& value) {
    for (const Link& link : lab.links)
        if (link.name == value.text) fault.links.push_back(link.name);
    fault.text = value.text + " down";
    if (!fault.links.empty()) return;
    std::vector<std::string> names;
    for (const Link& link : lab.links) names.push_back(link.name);
    const std::string near = did_you_mean(value.text, names);
    const std::string two = std::string(key) + " = [\"r1\", \"r2\"] means the link between them";
    diagnostics.error("VALUE", value.where, "there is no link \"" + value.text + "\"",
                      near.empty() ? two : near);
}

bool FaultReader::is_node(const Text& name) {
    if (nodes.find(name.text) != npos) return true;
    unknown_node(name.text, name.where, "\"during\"", nodes, diagnostics);
    return false;
}

// down = ["r2", "r3"]: the links between two nodes; down = "NAME": that link. So with flap.
void FaultReader::links(const char* key, const Value& value) {
    if (value.is(Value::Type::string)) return link_named(key, value);
    const std::vector<Text> ends = Reader(diagnostics).texts(key, value);
    if (!value.is(Value::Type::array) || ends.size() != value.items.size()) return;
    if (ends.size() != 2) {
        diagnostics.error("VALUE", value.where,
                          "\"" + std::string(key) + "\" takes the two nodes of a link",
                          std::string(key) + " = [\"r1\", \"r2\"]");
        return;
    }
    if (!is_node(ends[0]) || !is_node(ends[1])) return;
    fault.text = ends[0].text + "--" + ends[1].text + " down";
    for (const Link& link : lab.links)
        if (joins(link, lab, ends[0].text, ends[1].text)) fault.links.push_back(link.name);
    if (fault.links.empty())
        diagnostics.error("VALUE", value.where,
                          "no link joins " + ends[0].text + " and " + ends[1].text,
                          "`lab graph` draws what is joined");
}

std::optional<std::vector<std::string>> FaultReader::side(const Text& set) {
    const auto members = find_nodes(set.text, set.where, false, nodes, "\"during\"", diagnostics);
    if (!members) return std::nullopt;
    std::vector<std::string> out;
    for (const SetMember& member : *members) out.push_back(nodes.seeds[member.node].name);
    return out;
}

// partition = ["left*", "right*"]: every link from one set to the other.
void FaultReader::partition(const Value& value) {
    const std::vector<Text> sets = Reader(diagnostics).texts("partition", value);
    if (!value.is(Value::Type::array) || sets.size() != value.items.size()) return;
    if (sets.size() != 2) {
        diagnostics.error("VALUE", value.where, "\"partition\" takes two sets of nodes",
                          "partition = [\"left*\", \"right*\"]");
        return;
    }
    const auto left = side(sets[0]), right = side(sets[1]);
    if (!left || !right) return;
    fault.text = sets[0].text + " and " + sets[1].text + " apart";
    for (const Link& link : lab.links) {
        bool cut = false;
        for (const std::string& a : *left)
            for (const std::string& b : *right) cut = cut || (a != b && joins(link, lab, a, b));
        if (cut) fault.links.push_back(link.name);
    }
    if (fault.links.empty())
        diagnostics.error("VALUE", value.where,
                          "no link joins " + sets[0].text + " and " + sets[1].text,
                          "`lab graph` draws what is joined");
}

void FaultReader::stop(const Value& value) {
    const auto text = Reader(diagnostics).text(value);
    if (!text || !is_node(*text)) return;
    fault.node = text->text;
    fault.text = text->text + " stopped";
    const Node* node = lab.find(text->text);
    if (node != nullptr && !node->has_process())
        diagnostics.error("VALUE", value.where,
                          text->text + " is a switch without processes: it cannot stop",
                          "take its links down: down = \"LINK\"");
}

void FaultReader::kill(const Value& value) {
    const auto text = Reader(diagnostics).text(value);
    if (!text) return;
    const std::size_t slash = text->text.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == text->text.size()) {
        diagnostics.error("VALUE", value.where, "\"" + text->text + "\" does not say NODE/PROCESS",
                          "kill = \"r1/ospfd\"");
        return;
    }
    fault.node = text->text.substr(0, slash);
    fault.process = text->text.substr(slash + 1);
    fault.text = text->text + " killed";
    (void)is_node({fault.node, value.where});
}

}  // namespace

std::optional<Fault> read_fault(const Value& value, const NodeList& nodes, const Lab& lab,
                                Diagnostics& diagnostics) {
    const Reader reader(diagnostics);
    if (!reader.table(value, "\"during\"")) return std::nullopt;
    for (const std::string_view key : {"impair", "flap"})
        if (const Member* member = value.member(key)) {
            diagnostics.error("LATER", member->where,
                              "during = { " + member->key + " } is not there yet",
                              "down, partition, stop and kill are");
            return std::nullopt;
        }
    refuse_unknown_keys(value, fault_keys(), diagnostics);
    Fault fault;
    fault.where = value.where;
    FaultReader read{nodes, lab, fault, diagnostics};
    std::size_t kinds = 0;
    const auto kind = [&](const char* key, Fault::Kind what) {
        const Value* found = value.find(key);
        if (found == nullptr) return found;
        ++kinds;
        fault.kind = what;
        return found;
    };
    if (const Value* down = kind("down", Fault::Kind::down)) read.links("down", *down);
    if (const Value* sets = kind("partition", Fault::Kind::down)) read.partition(*sets);
    if (const Value* node = kind("stop", Fault::Kind::stop)) read.stop(*node);
    if (const Value* process = kind("kill", Fault::Kind::kill)) read.kill(*process);
    if (kinds == 1) return fault;
    diagnostics.error("VALUE", value.where,
                      kinds == 0 ? "\"during\" breaks nothing" : "\"during\" breaks one thing",
                      "during = { down = [\"r1\", \"r2\"] }");
    return std::nullopt;
}

}  // namespace topology
