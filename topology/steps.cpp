// See steps.hpp. A step is one thing that happens at its time, and what is measured from then on.
#include "topology/steps.hpp"

#include "topology/check_fault.hpp"
#include "topology/check_fields.hpp"
#include "topology/check_impair.hpp"
#include "topology/checks.hpp"
#include "topology/keys.hpp"
#include "topology/resolved.hpp"
#include "topology/suggest.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace topology {
namespace {

constexpr std::size_t most_pairs = 30;  // that are pinged because nobody says which
constexpr double longest_s = 86400;

using Act = TimedStep::Kind;

constexpr std::array<std::pair<std::string_view, Act>, 10> actions{{
    {"up", Act::up},
    {"down", Act::down},
    {"flap", Act::flap},
    {"stop", Act::stop},
    {"start", Act::start},
    {"kill", Act::kill},
    {"impair", Act::impair},
    {"clear", Act::clear},
    {"run", Act::run},
    {"check", Act::check},
}};

// One table, which may make several steps: what happens, and what is measured.
class StepReader {
  public:
    StepReader(const Value& table, const NodeList& nodes, Lab& lab, Context& context)
        : table_(table), nodes_(nodes), lab_(lab), context_(context) {}

    void read() {
        Diagnostics& diagnostics = context_.diagnostics;
        refuse_unknown_keys(table_, step_keys(), diagnostics);
        times();
        const Member* action = nullptr;
        for (const auto& [key, kind] : actions) {
            const Member* member = table_.member(key);
            if (member == nullptr) continue;
            if (action != nullptr)
                diagnostics.error("VALUE", member->where,
                                  "\"" + action->key + "\" and \"" + member->key + "\" in one step",
                                  "two [[step]] tables with the same \"at\"");
            action = member;
            step_.kind = kind;
        }
        const Member* sample = table_.member("sample");
        if (action == nullptr && sample == nullptr)
            diagnostics.error("VALUE", table_.where, "a step in which nothing happens",
                              "at = \"10s\" and down = [\"r1\", \"r2\"], or run, check, sample, …");
        refuse_idle_times(action, sample);
        const bool clear = action != nullptr && step_.kind == Act::clear;
        if (!clear && (action == nullptr || step_.kind != Act::impair))
            refuse_settings(table_, diagnostics);
        if (action != nullptr) act(*action);
        if (sample != nullptr) measure(*sample);
    }

  private:
    void times() {
        const auto seconds = [&](const char* key, double& to) {
            const Value* value = table_.find(key);
            if (value == nullptr) return;
            const auto read = context_.reader.seconds(*value, "s");
            if (read && (*read < 0 || *read > longest_s))
                context_.diagnostics.error("VALUE", value->where,
                                           "\"" + std::string(key) + "\" is 0s to a day");
            to = read.value_or(0);
        };
        seconds("at", step_.at_s);
        seconds("for", step_.for_s);
        if (table_.find("at") == nullptr)
            context_.diagnostics.error("VALUE", table_.where, "a step does not say when",
                                       "at = \"10s\": since the experiment began");
        if (const Value* every = table_.find("every"))
            step_.every_s = read_period(*every, context_.diagnostics);
        if (const Value* name = table_.find("name"))
            step_.name = context_.reader.string(*name).value_or("");
    }

    // `for` and `every` belong to what lasts.
    void refuse_idle_times(const Member* action, const Member* sample) {
        const bool lasts =
            sample != nullptr || (action != nullptr && step_.kind != Act::run &&
                                  step_.kind != Act::check && step_.kind != Act::kill);
        const bool repeats = sample != nullptr || (action != nullptr && step_.kind == Act::flap);
        const auto refuse = [&](const char* key, bool fits, const char* hint) {
            const Member* member = table_.member(key);
            if (member == nullptr || fits || (action == nullptr && sample == nullptr)) return;
            context_.diagnostics.error("D1", member->where,
                                       "\"" + member->key + "\" means nothing in this step", hint);
        };
        refuse("for", lasts, "it goes with up, down, flap, stop, start, impair, clear and sample");
        refuse("every", repeats, "it goes with flap and sample");
    }

    void act(const Member& action) {
        switch (step_.kind) {
            case Act::run:
                return run(action);
            case Act::check:
                return check(action);
            default:
                break;
        }
        const auto fault = read_one_fault(table_, action.key, nodes_, lab_, context_.diagnostics,
                                          "\"" + action.key + "\"");
        if (!fault) return;
        step_.links = fault->links;
        step_.ends = fault->ends;
        step_.settings = fault->settings;
        if (!fault->node.empty()) step_.nodes = {fault->node};
        step_.process = fault->process;
        keep(fault->text, action);
    }

    void run(const Member& action) {
        if (!context_.reader.table(action.value, "\"run\"")) return;
        CheckFields fields(table_, action, nodes_, context_.diagnostics);
        refuse_unknown_keys(action.value, KeyTable{"\"run\"", {"node", "cmd"}},
                            context_.diagnostics);
        const subject::Run run = read_run(fields);
        step_.nodes = run.nodes;
        step_.argv = run.argv;
        if (run.argv.empty()) return;
        keep("run " + run.argv.back().text + " on " + join(run.nodes), action);
    }

    void check(const Member& action) {
        const auto name = context_.reader.string(action.value);
        if (!name) return;
        std::vector<std::string> names;
        for (std::size_t i = 0; i < lab_.checks.size(); ++i) {
            names.push_back(lab_.checks[i].name);
            if (names.back() != *name) continue;
            step_.check = i;
            if (lab_.checks[i].during)
                return context_.diagnostics.error(
                    "VALUE", action.where, "\"" + *name + "\" breaks something by itself",
                    "a step before it, with down, stop or kill, instead of \"during\"");
            return keep(*name, action);
        }
        context_.diagnostics.error("VALUE", action.where, "no check is called \"" + *name + "\"",
                                   nearest_check(*name, names));
    }

    // sample = { rtt = ["h1", "h2"] }, or words, which mean all that there is.
    void measure(const Member& sample) {
        step_.kind = Act::sample;
        if (sample.value.is(Value::Type::table)) {
            refuse_unknown_keys(sample.value,
                                KeyTable{"\"sample\"", {"rtt", "throughput", "routes"}},
                                context_.diagnostics);
            for (const Member& member : sample.value.members) measure_one(member, sample);
            if (sample.value.members.empty()) say_what(sample);
            return;
        }
        const std::vector<Text> words = sample.value.is(Value::Type::string)
                                            ? std::vector<Text>{{sample.value.text, sample.where}}
                                            : context_.reader.texts("sample", sample.value);
        for (const Text& word : words) {
            if (word.text == "rtt")
                all_pairs(sample);
            else if (word.text == "throughput")
                all_links(sample);
            else if (word.text == "routes")
                all_routers(sample);
            else
                say_what(sample);
        }
    }

    void say_what(const Member& sample) {
        context_.diagnostics.error("VALUE", sample.where,
                                   "\"sample\" takes rtt, throughput, routes",
                                   "sample = { rtt = [\"h1\", \"h2\"] }");
    }

    void measure_one(const Member& member, const Member& sample) {
        Measure measure;
        if (member.key == "rtt") {
            CheckFields fields(sample.value, member, nodes_, context_.diagnostics);
            const auto* sides = fields.list(2, 2, "rtt = [\"h1\", \"h2\"]");
            if (sides == nullptr) return;
            measure.from = fields.set((*sides)[0]);
            measure.to = fields.targets((*sides)[1]);
            keep_measure(measure, "rtt " + join(measure.from) + " → " + texts(measure.to), sample);
        } else if (member.key == "throughput") {
            measure.kind = Measure::Kind::throughput;
            Value as_fault = Value::table(member.where);
            put(as_fault, {"down", member.where, member.value});
            const auto links = read_one_fault(as_fault, "down", nodes_, lab_, context_.diagnostics);
            if (!links) return;
            measure.links = links->links;
            keep_measure(measure, "throughput of " + join(measure.links), sample);
        } else if (member.key == "routes") {
            measure.kind = Measure::Kind::routes;
            CheckFields fields(sample.value, member, nodes_, context_.diagnostics);
            measure.from = fields.set(member.value);
            keep_measure(measure, "routes of " + join(measure.from), sample);
        }
    }

    void all_pairs(const Member& sample) {
        Measure measure;
        for (const Node& node : lab_.nodes)
            if (node.kind == topology::Kind::host) measure.from.push_back(node.name);
        for (const std::string& name : measure.from) measure.to.push_back({name, sample.where});
        if (measure.from.size() * (measure.from.size() - 1) > most_pairs)
            return context_.diagnostics.error("VALUE", sample.where,
                                              "the rtt between which of these hosts?",
                                              "sample = { rtt = [\"h1\", \"h2\"] }");
        keep_measure(measure, "rtt of all hosts", sample);
    }

    void all_links(const Member& sample) {
        Measure measure;
        measure.kind = Measure::Kind::throughput;
        for (const Link& link : lab_.links) measure.links.push_back(link.name);
        keep_measure(measure, "throughput of all links", sample);
    }

    void all_routers(const Member& sample) {
        Measure measure;
        measure.kind = Measure::Kind::routes;
        for (const Node& node : lab_.nodes)
            if (node.forwards()) measure.from.push_back(node.name);
        keep_measure(measure, "routes of all routers", sample);
    }

    static std::string texts(const std::vector<Text>& list) {
        std::vector<std::string> out;
        out.reserve(list.size());
        for (const Text& one : list) out.push_back(one.text);
        return join(out);
    }

    void keep_measure(Measure measure, std::string text, const Member& sample) {
        step_.measure = std::move(measure);
        keep(text, sample);
    }

    // What a name was not given to is called by what it does. The table is written once, with the
    // first step that it makes.
    void keep(const std::string& text, const Member& member) {
        TimedStep made = step_;
        if (made.name.empty()) made.name = text;
        made.where = member.where;
        if (!std::exchange(written_, true)) {
            TomlTable lines;
            for (const Member& one : table_.members)
                if (!is_free_key(one.key)) lines.raw(one.key, toml_value(one.value, nodes_));
            made.toml = lines.lines();
        }
        lab_.steps.push_back(std::move(made));
    }

    const Value& table_;
    const NodeList& nodes_;
    Lab& lab_;
    Context& context_;
    TimedStep step_;
    bool written_ = false;
};

}  // namespace

void for_each_text(TimedStep& step, const std::function<void(Text&)>& visit) {
    for (Text& word : step.argv) visit(word);
    for (Text& target : step.measure.to) visit(target);
}

void read_steps(const std::vector<Value>& tables, const NodeList& nodes, Lab& lab,
                Context& context) {
    for (const Value& table : tables) {
        const Value plain = context.interpolator.value(table, context.names, Late::allowed);
        StepReader(plain, nodes, lab, context).read();
    }
    std::stable_sort(lab.steps.begin(), lab.steps.end(),
                     [](const TimedStep& a, const TimedStep& b) { return a.at_s < b.at_s; });
}

}  // namespace topology
