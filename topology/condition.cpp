// Words become the table that a file would hold; everything after that is one way for both.
#include "topology/condition.hpp"

#include "topology/check_subjects.hpp"
#include "topology/checks.hpp"
#include "topology/document.hpp"
#include "topology/expression.hpp"
#include "topology/late.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <map>

namespace topology {
namespace {

struct Word {
    std::string text;
    Where where;
};

// Blanks part words, quotes keep them together.
std::vector<Word> split(const std::string& text) {
    std::vector<Word> words;
    bool open = false;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
            open = false;
            continue;
        }
        if (!open) words.push_back({"", {0, 1, static_cast<std::uint32_t>(i + 1), 0}});
        open = true;
        words.back().where.length = static_cast<std::uint32_t>(i + 2) - words.back().where.column;
        if (c == quote)
            quote = 0;
        else if (quote == 0 && (c == '"' || c == '\''))
            quote = c;
        else
            words.back().text += c;
    }
    return words;
}

Value scalar(const std::string& text, const Where& where) {
    Value value = Value::string(text, where);
    // A number where a key wants one, a text where it wants that.
    value.computed = true;
    return value;
}

// The words behind the subject that need no key, in order; "*": all the rest, as a list.
const std::map<std::string_view, std::vector<std::string_view>>& positions() {
    static const std::map<std::string_view, std::vector<std::string_view>> table{
        {"dns", {"node", "name", "is"}},
        {"route", {"node", "prefix"}},
        {"address", {"node", "is"}},
        {"link", {"node", "dev", "is"}},
        {"neighbor", {"node", "is"}},
        {"ospf-neighbors", {"node"}},
        {"bgp-neighbors", {"node"}},
        {"isis-neighbors", {"node"}},
        {"bgp-route", {"node", "prefix"}},
        {"ospf-route", {"node", "prefix"}},
        {"isis-route", {"node", "prefix"}},
        {"rip-route", {"node", "prefix"}},
        {"run", {"node"}},
        {"process", {"node", "name"}},
        {"file", {"node", "path"}},
        {"sysctl", {"node", "key", "is"}},
    };
    return table;
}

bool is_flag(std::string_view subject) {
    return subject == "all-reachable" || subject == "no-loops" || subject == "no-drops" ||
           subject == "converged";
}

// "key=value" with a key that the subject or every check knows.
std::size_t assignment(const std::string& word, const SubjectWord* subject) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) return std::string::npos;
    const std::string_view key = std::string_view(word).substr(0, equals);
    const auto has = [&](const std::vector<std::string_view>& list) {
        return std::find(list.begin(), list.end(), key) != list.end();
    };
    const bool known = has(common_check_keys()) || (subject != nullptr && has(subject->options));
    return known ? equals : std::string::npos;
}

Value table_of(std::vector<Word> words) {
    const Where all{0, 1, 1, 1};
    Value table = Value::table(all);
    if (words.empty()) return table;
    if (words.front().text == "not" && words.size() > 1) {
        Value yes;
        yes.type = Value::Type::boolean;
        yes.boolean = true;
        table.members.push_back({"not", words.front().where, yes});
        words.erase(words.begin());
    }
    const Word head = words.front();
    words.erase(words.begin());
    const SubjectWord* subject = find_subject(head.text);
    Value list, inner = Value::table(head.where);
    list.type = Value::Type::array;
    list.where = inner.where = head.where;
    const auto places = positions().find(head.text);
    std::size_t place = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const Word& word = words[i];
        const bool command = head.text == "run" && place >= 1;
        const std::size_t equals = command ? std::string::npos : assignment(word.text, subject);
        if (equals != std::string::npos) {
            table.members.push_back({word.text.substr(0, equals), word.where,
                                     scalar(word.text.substr(equals + 1), word.where)});
        } else if (command) {
            std::string line;
            for (; i < words.size(); ++i) line += (line.empty() ? "" : " ") + words[i].text;
            inner.members.push_back({"cmd", word.where, Value::string(line, word.where)});
        } else if (places != positions().end()) {
            const std::string key(place < places->second.size() ? places->second[place]
                                                                : std::string_view(word.text));
            inner.members.push_back({key, word.where, scalar(word.text, word.where)});
            ++place;
        } else {
            list.items.push_back(scalar(word.text, word.where));
        }
    }
    Value value = places != positions().end() ? inner : list;
    if (is_flag(head.text) && list.items.empty()) {
        value.type = Value::Type::boolean;
        value.boolean = true;
    }
    table.members.push_back({head.text, head.where, value});
    return table;
}

bool refuse_unknown_subject(const std::vector<Word>& words, Diagnostics& diagnostics) {
    const bool negated = words.size() > 1 && words.front().text == "not";
    if (words.empty() || find_subject(words[negated ? 1 : 0].text) != nullptr) return false;
    const Word& head = words[negated ? 1 : 0];
    std::vector<std::string> known;
    for (const SubjectWord& word : subject_words()) known.emplace_back(word.key);
    const std::string near = did_you_mean(head.text, known);
    diagnostics.error("D1", head.where, "there is no condition \"" + head.text + "\"",
                      !near.empty()
                          ? near
                          : "it begins with ready, or not, or one of " + join(known, known.size()));
    return true;
}

// `key = value`: TOML.
bool is_toml(const std::string& text) {
    const std::size_t word = text.find_first_not_of(" \t\n");
    if (word == std::string::npos) return false;
    const std::size_t end = text.find_first_of(" \t\n=", word);
    if (end == std::string::npos) return false;
    const std::size_t next = text.find_first_not_of(" \t\n", end);
    return next != std::string::npos && text[next] == '=';
}

NodeList nodes_of(const Lab& lab) {
    NodeList nodes;
    for (const Node& node : lab.nodes) {
        NodeSeed seed;
        seed.name = node.name;
        for (const long item : node.range_items) seed.items.push_back(std::to_string(item));
        seed.where = node.where;
        seed.chain.names = node.kind_chain;
        seed.kind_name = node.kind_name;
        (void)nodes.add(std::move(seed));
    }
    return nodes;
}

}  // namespace

Condition read_condition(const std::string& text, const Lab& lab) {
    Condition out;
    out.sources.push_back({"the condition", text});
    Value table = Value::table(Where{0, 1, 1, 1});
    if (is_toml(text)) {
        const auto document = parse_document(text, 0, out.diagnostics);
        if (!document) return out;
        table = *document;
    } else {
        const std::vector<Word> words = split(text);
        if (refuse_unknown_subject(words, out.diagnostics)) return out;
        table = table_of(words);
    }
    if (const Member* matrix = table.member("matrix"))
        out.diagnostics.error("D1", matrix->where, "\"matrix\" means nothing in a condition",
                              "it is one check; a file's [[check]] may be many");
    const NodeList nodes = nodes_of(lab);
    Interpolator interpolator(out.diagnostics);
    interpolator.is_node = [&](std::string_view word) {
        return nodes.find(std::string(word)) != npos;
    };
    table = interpolator.value(table, Names(), Late::allowed);
    auto check = read_check(table, nodes, lab, out.diagnostics);
    if (!check || out.diagnostics.failed()) return out;
    substitute_check(lab, *check, out.diagnostics);
    out.check = std::move(*check);
    return out;
}

}  // namespace topology
