// See checks.hpp. A check is one subject and what all checks have in common.
#include "topology/checks.hpp"

#include "topology/check_doomed.hpp"
#include "topology/check_fault.hpp"
#include "topology/check_matrix.hpp"
#include "topology/check_subjects.hpp"
#include "topology/keys.hpp"
#include "topology/resolved.hpp"
#include "topology/steps.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <iterator>

namespace topology {
namespace {

bool known(const std::vector<std::string_view>& words, std::string_view key) {
    return std::find(words.begin(), words.end(), key) != words.end();
}

// What other tools, and people, call it.
std::string other_word(std::string_view key, const KeyTable& known_here) {
    struct Word {
        std::string_view other, ours;
    };
    static constexpr Word words[] = {
        {"timeout", "within"},    {"retries", "within"},  {"retry", "within"},
        {"wait", "within"},       {"deadline", "within"}, {"expect", "not"},
        {"should", "not"},        {"negate", "not"},      {"fail", "not"},
        {"nexthop", "via"},       {"next-hop", "via"},    {"gateway", "via"},
        {"interval", "every"},    {"hold", "for"},        {"description", "name"},
        {"exec", "run"},          {"cmd", "run"},         {"command", "run"},
        {"interface", "dev"},     {"iface", "dev"},       {"count", "full"},
        {"count", "established"}, {"count", "up"},        {"state", "full"},
        {"state", "established"}, {"state", "up"},        {"destination", "prefix"},
        {"dst", "prefix"},        {"command", "cmd"},     {"host", "node"},
    };
    for (const Word& word : words)
        if (word.other == key && known(known_here.keys, word.ours))
            return "it is called \"" + std::string(word.ours) + "\" here";
    if (key == "from" || key == "to" || key == "src" || key == "source" || key == "target")
        return "both ends stand in the subject: ping = [\"h1\", \"h2\"]";
    if (known_here.where != check_keys().where || !did_you_mean(key, known_here.keys).empty())
        return "";
    std::vector<std::string> subjects;
    for (const SubjectWord& word : subject_words()) subjects.emplace_back(word.key);
    return "a check asks one of " + join(subjects, subjects.size());
}

// The one member that is a subject; nullptr after a complaint. `link` and `file` of a table in
// another subject are not looked at.
const Member* find_subject_member(const Value& table, Diagnostics& diagnostics) {
    std::vector<const Member*> found;
    bool unknown = false;
    for (const Member& member : table.members) {
        if (find_subject(member.key) != nullptr)
            found.push_back(&member);
        else
            unknown =
                unknown || (!known(check_keys().keys, member.key) && !is_free_key(member.key));
    }
    if (found.size() > 1)
        diagnostics.error("D62", found[1]->where,
                          "\"" + found[0]->key + "\" and \"" + found[1]->key + "\" in one check",
                          "two [[check]] tables");
    // A misspelt subject has been told already.
    if (found.empty() && !unknown)
        diagnostics.error("D62", table.where, "a check without a subject",
                          "ping = [\"h1\", \"h2\"]");
    return found.size() == 1 ? found.front() : nullptr;
}

// Options that belong to another subject, and words of the subject's table that nobody knows.
void refuse_foreign_options(const Value& table, const Member& subject, const SubjectWord& word,
                            Diagnostics& diagnostics) {
    for (const Member& member : table.members) {
        if (&member == &subject || known(common_check_keys(), member.key) ||
            known(word.options, member.key) || is_free_key(member.key) ||
            !known(check_keys().keys, member.key))
            continue;
        std::vector<std::string> takes(word.options.begin(), word.options.end());
        diagnostics.error("D1", member.where,
                          "\"" + member.key + "\" means nothing in a " + subject.key + " check",
                          takes.empty() ? "it takes no options" : "it takes " + join(takes, 12));
    }
    if (!subject.value.is(Value::Type::table)) return;
    std::vector<std::string_view> words = word.inside;
    words.insert(words.end(), word.options.begin(), word.options.end());
    const std::string where = "\"" + subject.key + "\"";
    refuse_unknown_keys(subject.value, {where, words}, diagnostics, other_word);
}

void read_times(const Value& table, Check& check, const Reader& reader) {
    const auto seconds = [&](const char* key, double& to, double least) {
        const Value* value = table.find(key);
        if (value == nullptr) return;
        const auto read = reader.seconds(*value, "s");
        if (!read) return;
        if (*read < least || *read > 86400)
            reader.diagnostics.error(
                "VALUE", value->where,
                "\"" + std::string(key) + "\" is " + (least > 0 ? "10ms" : "0s") + " to a day");
        to = *read;
    };
    seconds("within", check.within_s, 0);
    seconds("for", check.hold_s, 0);
    seconds("every", check.every_s, 0.01);
}

void read_grading(const Value& table, Check& check, const Reader& reader) {
    if (const Value* points = table.find("points")) {
        if (points->is(Value::Type::real) && points->real >= 0 && points->real <= 1e6)
            check.points = points->real;
        else if (const auto whole = reader.integer("points", *points, 0, 1'000'000))
            check.points = static_cast<double>(*whole);
    }
    if (const Value* hint = table.find("hint")) check.hint = reader.string(*hint).value_or("");
    if (const Value* level = table.find("level"))
        check.warning = reader.word("level", *level, {"error", "warn"}) == "warn";
    if (const Value* tags = table.find("tags"))
        for (const Text& tag : reader.texts("tags", *tags)) check.tags.push_back(tag.text);
}

std::string toml_text(const Value& table, const NodeList& nodes) {
    TomlTable lines;
    for (const Member& member : table.members)
        if (member.key != "matrix" && !is_free_key(member.key))
            lines.raw(member.key, toml_value(member.value, nodes));
    return lines.lines();
}

// [defaults.check] below, the check above it.
Value with_defaults(const Value& check, const Value* defaults) {
    Value merged = check;
    if (defaults == nullptr || !defaults->is(Value::Type::table)) return merged;
    for (const Member& member : defaults->members)
        if (merged.find(member.key) == nullptr && find_subject(member.key) == nullptr &&
            (member.key != "before" || merged.find("during") != nullptr))
            merged.members.push_back(member);
    return merged;
}

// Checks of one table that would have one name: with the values that tell them apart.
void tell_apart(std::vector<Check>& made, const std::vector<Combination>& combinations,
                const std::vector<Value>& tables, const NodeList& nodes) {
    std::vector<std::string> names;
    names.reserve(made.size());
    for (const Check& check : made) names.push_back(check.name);
    for (std::size_t i = 0; i < made.size(); ++i) {
        if (std::count(names.begin(), names.end(), names[i]) < 2) continue;
        made[i].name += " (" + combinations[i].text + ")";
        Value named = tables[i];
        put(named, {"name", {}, Value::string(made[i].name, {})});
        made[i].toml = toml_text(named, nodes);
    }
}

void read_check_table(const Value& item, const Value* defaults, const NodeList& nodes, Lab& lab,
                      Context& context) {
    const Value table = with_defaults(item, defaults);
    std::vector<Combination> meant;
    std::vector<Value> tables;
    std::vector<Check> made;
    for (Combination& combination : combinations(table, context)) {
        Value plain = context.interpolator.value(table, combination.names, Late::allowed);
        auto check = read_check(plain, nodes, lab, context.diagnostics);
        if (!check) continue;
        // Not of a condition: a lab that runs may have what its file does not say.
        refuse_doomed(plain, *check, lab, context.diagnostics);
        made.push_back(std::move(*check));
        tables.push_back(std::move(plain));
        meant.push_back(std::move(combination));
    }
    tell_apart(made, meant, tables, nodes);
    std::move(made.begin(), made.end(), std::back_inserter(lab.checks));
}

// What no check would tell of: subjects, and what is wrong where there are no checks.
void read_defaults(const Value& defaults, bool any_check, Context& context) {
    for (const Member& member : defaults.members)
        if (find_subject(member.key) != nullptr)
            context.diagnostics.error(
                "D62", member.where,
                "[defaults.check] asks nothing: \"" + member.key + "\" belongs to one check",
                "[[check]]");
    if (any_check) return;
    Check unused;
    const Value plain = context.interpolator.value(defaults, context.names, Late::allowed);
    read_times(plain, unused, context.reader);
    read_grading(plain, unused, context.reader);
}

// `after` names checks that stand before it.
void check_order(const Lab& lab, Diagnostics& diagnostics) {
    std::vector<std::string> names;
    for (const Check& check : lab.checks) {
        for (const Text& after : check.after) {
            if (known({names.begin(), names.end()}, after.text)) continue;
            diagnostics.error("VALUE", after.where,
                              "no check before this one is called \"" + after.text + "\"",
                              nearest_check(after.text, names));
        }
        names.push_back(check.name);
    }
}

const std::vector<Value>* tables_of(const Value& root, const char* key, Context& context) {
    const Member* member = root.member(key);
    if (member == nullptr) return nullptr;
    const bool tables = member->value.is(Value::Type::array) &&
                        std::all_of(member->value.items.begin(), member->value.items.end(),
                                    [](const Value& v) { return v.is(Value::Type::table); });
    if (tables) return &member->value.items;
    context.reader.wrong_type(member->value, "a list of tables", "[[" + std::string(key) + "]]");
    return nullptr;
}

// What a student reads, and where its solution is; the checks that bear points are its grading.
void read_exercise(const Value& root, const Lab& lab, Context& context) {
    const Member* member = root.member("exercise");
    if (member == nullptr || !context.reader.table(member->value, "[exercise]")) return;
    refuse_unknown_keys(member->value, exercise_keys(), context.diagnostics);
    const Value& table = member->value;
    const auto text = [&](const char* key) {
        const Value* value = table.find(key);
        return value == nullptr ? std::string() : context.reader.string(*value).value_or("");
    };
    if (text("title").empty())
        context.diagnostics.error("VALUE", member->where, "an exercise needs a title",
                                  "title = \"Static routing\"");
    (void)text("text");
    const std::string solution = text("solution");
    if (solution.starts_with("/") || solution.find("..") != std::string::npos)
        context.diagnostics.error("D4", table.find("solution")->where,
                                  "\"" + solution + "\" leaves the topology's directory",
                                  "a file beside this one, which students do not get");
    const bool graded = std::any_of(lab.checks.begin(), lab.checks.end(),
                                    [](const Check& check) { return check.points > 0; });
    if (!graded)
        context.diagnostics.warning("VALUE", member->where, "no check of this exercise has points",
                                    "points = 2 in a [[check]]");
}

}  // namespace

std::string nearest_check(const std::string& wanted, const std::vector<std::string>& names) {
    for (const std::string& name : names)
        if (name.starts_with(wanted + " (")) return "\"" + name + "\" is the first of its matrix";
    const std::string near = did_you_mean(wanted, names);
    return near.empty() ? "name = \"…\" gives a check its name" : near;
}

std::optional<Check> read_check(const Value& table, const NodeList& nodes, const Lab& lab,
                                Diagnostics& diagnostics) {
    refuse_unknown_keys(table, check_keys(), diagnostics, other_word);
    const Member* subject = find_subject_member(table, diagnostics);
    if (subject == nullptr) return std::nullopt;
    const SubjectWord& word = *find_subject(subject->key);
    refuse_foreign_options(table, *subject, word, diagnostics);
    const Reader reader(diagnostics);
    Check check;
    check.key = subject->key;
    check.where = subject->where;
    check.within_s = word.within_s;
    CheckFields fields(table, *subject, nodes, diagnostics);
    check.subject = word.read(fields);
    read_times(table, check, reader);
    read_grading(table, check, reader);
    if (const Value* negated = table.find("not"))
        check.negated = reader.boolean(*negated).value_or(false);
    if (const Value* after = table.find("after")) {
        if (after->is(Value::Type::string))
            check.after.push_back({after->text, after->where});
        else
            check.after = reader.texts("after", *after);
    }
    if (const Value* during = table.find("during"))
        check.during = read_fault(*during, nodes, lab, diagnostics);
    if (const Value* before = table.find("before")) {
        const bool wanted = reader.boolean(*before).value_or(true);
        if (check.during) check.during->before = wanted;
        if (table.find("during") == nullptr)
            diagnostics.error("D1", before->where,
                              "\"before\" means nothing without \"during\": nothing is broken",
                              "during = { down = [\"r1\", \"r2\"] }");
    }
    check.toml = toml_text(table, nodes);
    if (const Value* name = table.find("name")) check.name = reader.string(*name).value_or("");
    if (check.name.empty()) check.name = describe(check);
    // It stands on one line of every report. \x01 and \x02 are late references (text.hpp).
    for (char& c : check.name)
        if ((static_cast<unsigned char>(c) < 0x20 && c > '\x02') || c == 0x7f) c = ' ';
    return check;
}

void read_checks(const Value& root, const NodeList& nodes, Lab& lab, Context& context) {
    const Value* all_defaults = root.find("defaults");
    const Value* defaults = all_defaults == nullptr ? nullptr : all_defaults->find("check");
    const auto* items = tables_of(root, "check", context);
    if (defaults != nullptr && defaults->is(Value::Type::table))
        read_defaults(*defaults, items != nullptr && !items->empty(), context);
    if (items != nullptr)
        for (const Value& item : *items) read_check_table(item, defaults, nodes, lab, context);
    check_order(lab, context.diagnostics);
    if (const auto* steps = tables_of(root, "step", context))
        read_steps(*steps, nodes, lab, context);
    read_exercise(root, lab, context);
}

}  // namespace topology
