// `during`: what is broken while a check is asked.
#include "topology/check_fault.hpp"

#include "topology/check_impair.hpp"
#include "topology/ends.hpp"
#include "topology/keys.hpp"
#include "topology/node_set.hpp"
#include "topology/suggest.hpp"

#include <algorithm>

namespace topology {
namespace {

const KeyTable& fault_keys() {
    static const KeyTable table = [] {
        KeyTable all{"\"during\"",
                     {"down", "flap", "impair", "kill", "partition", "stop", "every", "from"}};
        all.keys.insert(all.keys.end(), impairment_keys().begin(), impairment_keys().end());
        return all;
    }();
    return table;
}

bool is_kind(const std::string& key) {
    const auto& keys = fault_keys().keys;
    const auto end = std::find(keys.begin(), keys.end(), "every");
    return std::find(keys.begin(), end, key) != end;
}

// Of which nothing can be made; warnings stand beside what was read.
std::size_t errors_in(const Diagnostics& diagnostics) {
    const auto& all = diagnostics.all();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [](const Diagnostic& d) { return d.severity == Severity::error; }));
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
    std::string_view what;  // "\"during\""

    // `state`: what they are then, in words.
    void links(const std::string& key, const Value& value, const std::string& state);
    void partition(const Value& value);
    void node(const Value& value, const std::string& state);
    void kill(const Value& value);

  private:
    void link_named(const std::string& key, const Value& value);
    bool is_node(const Text& name);
    std::optional<std::vector<std::string>> side(const Text& set);
};

void FaultReader::link_named(const std::string& key, const Value& value) {
    if (const Link* link = find_link(lab, value.text)) {
        fault.links.push_back(link->name);
        return;
    }
    std::vector<std::string> names;
    for (const Link& link : lab.links) names.push_back(link.name);
    const std::string near = did_you_mean(value.text, names);
    const std::string two = key + " = [\"r1\", \"r2\"] means the link between them";
    diagnostics.error("VALUE", value.where, "there is no link \"" + value.text + "\"",
                      near.empty() ? two : near);
}

bool FaultReader::is_node(const Text& name) {
    if (nodes.find(name.text) != npos) return true;
    unknown_node(name.text, name.where, what, nodes, diagnostics);
    return false;
}

// down = ["r2", "r3"]: the links between two nodes; down = "NAME": that link. So with flap, impair.
void FaultReader::links(const std::string& key, const Value& value, const std::string& state) {
    const std::string after = state.empty() ? "" : " " + state;
    fault.text = value.text + after;
    if (value.is(Value::Type::string)) return link_named(key, value);
    const std::vector<Text> ends = Reader(diagnostics).texts(key, value);
    if (!value.is(Value::Type::array) || ends.size() != value.items.size()) return;
    if (ends.size() != 2) {
        diagnostics.error("VALUE", value.where, "\"" + key + "\" takes the two nodes of a link",
                          key + " = [\"r1\", \"r2\"]");
        return;
    }
    if (!is_node(ends[0]) || !is_node(ends[1])) return;
    fault.text = ends[0].text + "--" + ends[1].text + after;
    for (const Link& link : lab.links)
        if (joins(link, lab, ends[0].text, ends[1].text)) fault.links.push_back(link.name);
    if (fault.links.empty())
        diagnostics.error("VALUE", value.where,
                          "no link joins " + ends[0].text + " and " + ends[1].text,
                          "`lab graph` draws what is joined");
}

std::optional<std::vector<std::string>> FaultReader::side(const Text& set) {
    const auto members = find_nodes(set.text, set.where, false, nodes, what, diagnostics);
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

void FaultReader::node(const Value& value, const std::string& state) {
    const auto text = Reader(diagnostics).text(value);
    if (!text || !is_node(*text)) return;
    fault.node = text->text;
    fault.text = text->text + " " + state;
    const Node* found = lab.find(text->text);
    if (found != nullptr && !found->has_process())
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

std::optional<Fault> read_one_fault(const Value& table, const std::string& key,
                                    const NodeList& nodes, const Lab& lab, Diagnostics& diagnostics,
                                    std::string_view what) {
    const std::size_t told = errors_in(diagnostics);
    const Value& value = *table.find(key);
    Fault fault;
    fault.where = value.where;
    FaultReader read{nodes, lab, fault, diagnostics, what};
    if (key == "down" || key == "up") read.links(key, value, key);
    if (key == "flap") read.links(key, value, "flapping"), fault.kind = Fault::Kind::flap;
    if (key == "partition") read.partition(value);
    if (key == "stop") read.node(value, "stopped"), fault.kind = Fault::Kind::stop;
    if (key == "start") read.node(value, "started"), fault.kind = Fault::Kind::stop;
    if (key == "kill") read.kill(value), fault.kind = Fault::Kind::kill;
    if (key == "impair" || key == "clear") {
        read.links(key, value, "");
        if (errors_in(diagnostics) == told)
            read_impair(table, *table.member(key), key == "clear", lab, fault, diagnostics);
    }
    if (errors_in(diagnostics) != told) return std::nullopt;
    return fault;
}

double read_period(const Value& value, Diagnostics& diagnostics) {
    const auto read = Reader(diagnostics).seconds(value, "s");
    if (!read) return 1;
    if (*read < 0.02 || *read > 3600)
        diagnostics.error("VALUE", value.where, "\"every\" is 20ms to an hour");
    return *read;
}

std::optional<Fault> read_fault(const Value& value, const NodeList& nodes, const Lab& lab,
                                Diagnostics& diagnostics) {
    const Reader reader(diagnostics);
    if (!reader.table(value, "\"during\"")) return std::nullopt;
    refuse_unknown_keys(value, fault_keys(), diagnostics);
    std::vector<const Member*> kinds;
    for (const Member& member : value.members)
        if (is_kind(member.key)) kinds.push_back(&member);
    if (kinds.size() != 1) {
        diagnostics.error(
            "VALUE", value.where,
            kinds.empty() ? "\"during\" breaks nothing" : "\"during\" breaks one thing",
            "during = { down = [\"r1\", \"r2\"] }");
        return std::nullopt;
    }
    auto fault = read_one_fault(value, kinds.front()->key, nodes, lab, diagnostics);
    if (kinds.front()->key != "impair") refuse_settings(value, diagnostics);
    const Member* every = value.member("every");
    if (every != nullptr && kinds.front()->key != "flap")
        diagnostics.error("D1", every->where,
                          "\"every\" means nothing without \"flap\": what is broken stays so",
                          "during = { flap = [\"r1\", \"r2\"], every = \"1s\" }");
    if (fault && every != nullptr) fault->every_s = read_period(every->value, diagnostics);
    if (fault) fault->where = value.where;
    return fault;
}

}  // namespace topology
