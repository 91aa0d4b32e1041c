// See builder.hpp. Sets are worked out before a link exists, so they know `for` and [vars] only;
// what follows the set in an end (":eth0 10.0.${a}.1/24") is worked out for each link.
#include "topology/builder.hpp"

#include "topology/end_set.hpp"
#include "topology/keys.hpp"
#include "topology/names.hpp"
#include "topology/other_words.hpp"
#include "topology/range.hpp"
#include "topology/written_links.hpp"

#include <algorithm>
#include <array>

namespace topology {
namespace {

constexpr std::array<std::string_view, 8> shapes{"endpoints", "lan",  "chain", "ring",
                                                 "full",      "star", "mesh",  "zip"};
constexpr std::size_t most_ends = 1023;

bool any_expression(const Value& value) {
    return has_expression(value.text) ||
           std::any_of(value.items.begin(), value.items.end(), any_expression) ||
           std::any_of(value.members.begin(), value.members.end(), [](const Member& m) {
               return has_expression(m.key) || any_expression(m.value);
           });
}

std::string in_words(std::size_t n) {
    constexpr std::array<std::string_view, 11> words{
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"};
    return n < words.size() ? std::string(words[n]) : std::to_string(n);
}

class Builder {
  public:
    Builder(LinkEntry& entry, std::size_t room, std::size_t count, const NodeList& nodes,
            Context& context)
        : x_entry(entry), x_room(room), x_count(count), x_nodes(nodes), x_context(context) {}

    // One round of `for`.
    void build(std::string_view shape, const Value& value,
               std::vector<std::pair<std::string, std::string>> bound) {
        x_names = Names(&x_context.names);
        for (const auto& [name, text] : bound) x_names.set(name, text);
        x_bound = std::move(bound);
        if (shape == "star") {
            star(value);
            return;
        }
        if (shape == "chain" || shape == "ring" || shape == "full") {
            in_order(shape, read_set(value));
            return;
        }
        if (!value.is(Value::Type::array)) {
            const std::vector<std::string> ends =
                value.is(Value::Type::string)
                    ? nodes_of_link(value.text, [](const std::string&) { return false; })
                    : std::vector<std::string>();
            x_context.reader.wrong_type(
                value, "a list",
                std::string(shape) + " = " +
                    as_list(ends.empty() ? std::vector<std::string>{"r1", "r2"} : ends));
            return;
        }
        if (value.items.empty()) {
            x_context.diagnostics.error("D14", value.where, "a link without ends",
                                        "[\"h1\", \"r1\"]");
            return;
        }
        if (shape == "endpoints" && refuse_keys_among_ends(value, x_nodes, x_context.diagnostics))
            return;
        std::vector<EndSet> sets;
        for (const Value& item : value.items) sets.push_back(read_set(item));
        if (std::any_of(sets.begin(), sets.end(), [](const EndSet& s) { return s.failed; })) return;
        if (shape == "lan")
            lan(sets, value.where);
        else if (shape == "endpoints")
            endpoints(sets, value.where);
        else
            pairs(shape == "mesh", sets, value.where);
    }

    bool full() const { return x_full; }

  private:
    EndSet read_set(const Value& value) { return read_end_set(value, x_names, x_nodes, x_context); }

    bool room_for(std::size_t links, const Where& where) {
        if (links * x_count <= x_room) return true;
        if (!x_full) x_context.diagnostics.error("LIMIT", where, "a lab has at most 50,000 links");
        x_full = true;
        return false;
    }

    void add(std::vector<PlannedEnd> ends, bool lan) {
        if (x_full || !room_for(1, ends[0].where)) return;
        for (std::size_t copy = 0; copy < x_count && x_room > 0; ++copy, --x_room) {
            PlannedLink link;
            link.ends = ends;
            link.lan = lan;
            link.number = x_entry.links.size() + 1;
            link.bound = x_bound;
            x_entry.links.push_back(std::move(link));
        }
    }

    void pair(const PlannedEnd& a, const PlannedEnd& b) { add({a, b}, false); }

    void lan(const std::vector<EndSet>& sets, const Where& where) {
        std::vector<PlannedEnd> ends;
        for (const EndSet& set : sets) {
            const bool one = set.ends.size() == 1;
            for (const PlannedEnd& end : set.ends) {
                // ["r1", "r1"] is a mistake to be told, ["r1", "all"] is not.
                if (one)
                    ends.push_back(end);
                else
                    add_end(ends, end);
            }
        }
        if (ends.empty()) return;
        if (ends.size() > most_ends) {
            x_context.diagnostics.error(
                "LIMIT", where,
                "a network has at most 1,023 ends, not " + std::to_string(ends.size()));
            return;
        }
        add(std::move(ends), true);
    }

    void endpoints(const std::vector<EndSet>& sets, const Where& where) {
        const auto several = std::find_if(sets.begin(), sets.end(),
                                          [](const EndSet& s) { return s.ends.size() != 1; });
        if (sets.size() == 2) {
            two_sets(sets[0], sets[1]);
        } else if (several == sets.end()) {
            if (sets.size() == 1)
                add({sets[0].ends[0]}, false);
            else
                lan(sets, where);
        } else if (sets.size() == 1 && several->ends.empty()) {
            return;
        } else {
            const std::size_t most =
                std::max_element(sets.begin(), sets.end(), [](const EndSet& a, const EndSet& b) {
                    return a.ends.size() < b.ends.size();
                })->ends.size();
            x_context.diagnostics.error(
                "D17", several->where, in_words(most) + " links or one network?",
                "lan = [...] for one network; mesh or zip for separate links");
        }
    }

    void two_sets(const EndSet& a, const EndSet& b) {
        if (a.ends.empty() || b.ends.empty()) return;
        if (a.ends.size() > 1 && same(a, b)) return;
        if (a.ends.size() == 1 || b.ends.size() == 1) {
            if (!room_for(a.ends.size() * b.ends.size(), a.where)) return;
            for (const PlannedEnd& left : a.ends)
                for (const PlannedEnd& right : b.ends) pair(left, right);
            return;
        }
        zip(a, b);
    }

    // D16: both sides are the same nodes.
    bool same(const EndSet& a, const EndSet& b) {
        if (!std::equal(a.ends.begin(), a.ends.end(), b.ends.begin(), b.ends.end(),
                        [](const PlannedEnd& x, const PlannedEnd& y) { return x.node == y.node; }))
            return false;
        x_context.diagnostics.error(
            "D16", b.where, "both sides are the same nodes",
            "full = \"" + a.text + "\" links all pairs, ring or chain in order");
        return true;
    }

    void zip(const EndSet& a, const EndSet& b) {
        if (a.ends.size() != b.ends.size()) {
            x_context.diagnostics.error("D15", b.where,
                                        "\"" + a.text + "\" has " + std::to_string(a.ends.size()) +
                                            " nodes, \"" + b.text + "\" has " +
                                            std::to_string(b.ends.size()),
                                        "equal counts pair up; all × all is mesh = [...]");
            return;
        }
        if (a.ends.empty() || !room_for(a.ends.size(), a.where)) return;
        for (std::size_t i = 0; i < a.ends.size(); ++i) pair(a.ends[i], b.ends[i]);
    }

    void pairs(bool mesh, const std::vector<EndSet>& sets, const Where& where) {
        if (sets.size() != 2) {
            x_context.diagnostics.error(
                "D15", where,
                std::string(mesh ? "mesh" : "zip") + " takes two sets, not " +
                    std::to_string(sets.size()),
                std::string(mesh ? "mesh" : "zip") + " = [\"a[1-2]\", \"b[1-2]\"]");
            return;
        }
        const EndSet &a = sets[0], &b = sets[1];
        if (a.ends.size() > 1 && same(a, b)) return;
        if (!mesh) {
            zip(a, b);
            return;
        }
        if (!room_for(a.ends.size() * b.ends.size(), a.where)) return;
        for (const PlannedEnd& left : a.ends)
            for (const PlannedEnd& right : b.ends) pair(left, right);
    }

    void in_order(std::string_view shape, const EndSet& set) {
        if (set.failed) return;
        const std::size_t size = set.ends.size();
        const bool ring = shape == "ring";
        if (ring ? size < 3 : size < 2) {
            // A chain that a variable made short has no links left; a ring of two is two links.
            if (set.from_variable && (!ring || size < 2)) return;
            x_context.diagnostics.error(
                "D18", set.where,
                std::string(ring               ? "a ring needs three"
                            : shape == "chain" ? "a chain needs two"
                                               : "full links need two") +
                    " nodes, \"" + set.text + "\" has " + std::to_string(size),
                ring ? "use chain" : "one end alone is [\"" + set.text + "\"]");
            return;
        }
        if (shape == "full") {
            if (!room_for(size * (size - 1) / 2, set.where)) return;
            for (std::size_t i = 0; i < size; ++i)
                for (std::size_t j = i + 1; j < size; ++j) pair(set.ends[i], set.ends[j]);
            return;
        }
        if (!room_for(size, set.where)) return;
        for (std::size_t i = 0; i + 1 < size; ++i) pair(set.ends[i], set.ends[i + 1]);
        if (ring) pair(set.ends[size - 1], set.ends[0]);
    }

    void star(const Value& value) {
        if (!x_context.reader.table(value, "star")) return;
        refuse_unknown_keys(value, star_keys(), x_context.diagnostics);
        const Value *hub = value.find("hub"), *to = value.find("to");
        if (hub == nullptr || to == nullptr) {
            // Under another word it stands there, and that was said.
            if (std::any_of(value.members.begin(), value.members.end(), [](const Member& member) {
                    return !other_tools_word(member.key, star_keys()).empty();
                }))
                return;
            x_context.diagnostics.error(
                "D14", value.where,
                std::string("a star needs \"") + (hub == nullptr ? "hub" : "to") + "\"",
                "star = { hub = \"sw\", to = \"h[1-3]\" }");
            return;
        }
        const EndSet center = read_set(*hub), rays = read_set(*to);
        if (center.failed || rays.failed || center.ends.empty() || rays.ends.empty()) return;
        if (center.ends.size() != 1) {
            x_context.diagnostics.error("D15", hub->where,
                                        "a star has one hub, \"" + center.text + "\" has " +
                                            std::to_string(center.ends.size()) + " nodes",
                                        "all × all is mesh = [...]");
            return;
        }
        if (!room_for(rays.ends.size(), to->where)) return;
        for (const PlannedEnd& ray : rays.ends) pair(center.ends[0], ray);
    }

    LinkEntry& x_entry;
    std::size_t x_room, x_count;
    const NodeList& x_nodes;
    Context& x_context;
    Names x_names;
    std::vector<std::pair<std::string, std::string>> x_bound;
    bool x_full = false;
};

// `for = {p = "1-2", q = "a,b"}`: every combination, the last varying fastest.
using Bindings = std::vector<std::vector<std::pair<std::string, std::string>>>;

std::optional<Bindings> read_for(const Value& value, Context& context) {
    if (!context.reader.table(value, "for")) return std::nullopt;
    Bindings rounds(1);
    for (const Member& member : value.members) {
        if (is_bound_name(member.key) || !is_variable_name(member.key)) {
            context.diagnostics.error("D8", member.where,
                                      "\"" + member.key + "\" cannot be bound by \"for\"",
                                      "a–z, 0–9 and \"_\"; i j k a b n name lab are taken");
            return std::nullopt;
        }
        const std::optional<std::string> written = context.reader.string(member.value);
        if (!written) return std::nullopt;
        std::optional<std::string> text =
            context.interpolator.text(member.value, context.names, Late::refused);
        if (!text) return std::nullopt;
        if (text->size() > 1 && text->front() == '[' && text->back() == ']')
            text = text->substr(1, text->size() - 2);
        const auto items = parse_items(*text, member.value.where, context.diagnostics);
        if (!items) return std::nullopt;
        if (rounds.size() * items->size() > most_items) {
            context.diagnostics.error("LIMIT", value.where,
                                      "\"for\" repeats an entry at most 10,000 times");
            return std::nullopt;
        }
        Bindings next;
        for (const auto& round : rounds) {
            for (const std::string& item : *items) {
                next.push_back(round);
                next.back().emplace_back(member.key, item);
            }
        }
        rounds = std::move(next);
    }
    return rounds;
}

std::size_t read_count(const Value& written, const Value* defaults, Context& context) {
    const Value* count = written.find("count");
    if (count == nullptr && defaults != nullptr) count = defaults->find("count");
    if (count == nullptr) return 1;
    const Value value = context.interpolator.value(*count, context.names, Late::refused);
    return static_cast<std::size_t>(context.reader.integer("count", value, 1, 64).value_or(1));
}

}  // namespace

Names link_names(const PlannedLink& link, const Context& context) {
    Names names(&context.names);
    for (const auto& [name, text] : link.bound) names.set(name, text);
    names.set("n", std::to_string(link.number));
    if (link.ends.size() <= 2) {
        if (!link.ends[0].item.empty()) names.set("a", link.ends[0].item);
        if (link.ends.size() == 2 && !link.ends[1].item.empty()) names.set("b", link.ends[1].item);
    }
    return names;
}

LinkEntry build_links(const Value& written, const Value* defaults, std::size_t room,
                      const NodeList& nodes, Context& context) {
    LinkEntry entry;
    entry.written = &written;
    if (written.is(Value::Type::array)) {
        Builder(entry, room, read_count(written, defaults, context), nodes, context)
            .build("endpoints", written, {});
        return entry;
    }
    refuse_unknown_keys(written, link_keys(), context.diagnostics);
    std::vector<const Member*> said;
    entry.keys = Value::table(written.where);
    for (const Member& member : written.members) {
        if (std::find(shapes.begin(), shapes.end(), member.key) != shapes.end())
            said.push_back(&member);
        else if (member.key != "for" && member.key != "count" && member.key != "name")
            entry.keys.members.push_back(member);
    }
    entry.expressions = any_expression(entry.keys);
    if (said.size() != 1) {
        // Under another tool's word they stand there, and that was said.
        const auto meant = [](const Member& member) {
            return other_tools_word(member.key, link_keys()).find("\"endpoints\"") !=
                   std::string::npos;
        };
        if (said.empty() && std::any_of(written.members.begin(), written.members.end(), meant))
            return entry;
        if (said.empty())
            context.diagnostics.error("D14", written.where, "a link without ends",
                                      "endpoints = [\"r1\", \"r2\"], lan, chain, ring, full, star, "
                                      "mesh or zip");
        else
            context.diagnostics.error("VALUE", said[1]->where,
                                      "a link has one shape, here are \"" + said[0]->key +
                                          "\" and \"" + said[1]->key + "\"",
                                      "write two [[link]] tables");
        return entry;
    }
    std::optional<Bindings> rounds = Bindings(1);
    if (const Value* loop = written.find("for")) rounds = read_for(*loop, context);
    if (!rounds) return entry;
    Builder builder(entry, room, read_count(written, defaults, context), nodes, context);
    for (auto& round : *rounds) {
        builder.build(said[0]->key, said[0]->value, std::move(round));
        if (builder.full()) break;
    }
    return entry;
}

}  // namespace topology
