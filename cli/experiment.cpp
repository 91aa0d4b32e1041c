// See experiment.hpp.
#include "cli/experiment.hpp"

#include "cli/json_field.hpp"
#include "cli/measures.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace cli {
namespace {

namespace json = boost::json;

void read_steps(Experiment& experiment, const json::object& line) {
    const json::value* list = line.if_contains("steps");
    if (list == nullptr || !list->is_array()) return;
    for (const json::value& one : list->get_array()) {
        if (!one.is_object()) continue;
        const json::object& o = one.get_object();
        experiment.steps.push_back({text(o, "name"), text(o, "kind"), text(o, "file"),
                                    static_cast<unsigned>(number(o, "line")), number(o, "at")});
    }
}

std::optional<double> maybe_number(const json::object& from, const char* key) {
    const json::value* value = from.if_contains(key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
}

}  // namespace

std::size_t Experiment::failures() const {
    return static_cast<std::size_t>(std::count_if(told.begin(), told.end(), [](const Told& one) {
        return one.state == Told::State::failed;
    }));
}

bool take_step_line(Experiment& experiment, const json::object& line) {
    const std::string type = text(line, "type");
    const auto step = static_cast<std::size_t>(number(line, "step"));
    if (type == "scenario") read_steps(experiment, line);
    if (type == "sample" && step < experiment.steps.size())
        experiment.samples.push_back({step, number(line, "at"), text(line, "metric"),
                                      text(line, "of"), maybe_number(line, "value")});
    if (type != "step" || step >= experiment.steps.size()) return false;
    const std::string state = text(line, "state");
    Experiment::Told told;
    told.step = step;
    told.state = state == "begins"   ? Experiment::Told::State::begins
                 : state == "failed" ? Experiment::Told::State::failed
                                     : Experiment::Told::State::done;
    told.at = number(line, "at");
    told.node = text(line, "node"), told.text = text(line, "text");
    experiment.told.push_back(std::move(told));
    return true;
}

std::string step_text(const Experiment& experiment, const Experiment::Told& told,
                      const Style& style) {
    const Experiment::Step& step = experiment.steps.at(told.step);
    const std::string head = style.dim("  " + duration(told.at) + "  ");
    if (told.state == Experiment::Told::State::begins)
        return step.kind == "check" ? "" : head + step.name + "\n";
    const std::string rest = (told.node.empty() ? "" : told.node + ": ") + told.text + "\n";
    if (told.state == Experiment::Told::State::failed) {
        std::string out = head + style.red(glyphs().no) + " " + step.name + "  " + rest;
        if (step.line != 0)
            out += "    " + style.dim(step.file + ":" + std::to_string(step.line)) + "\n";
        return out;
    }
    return step.kind == "run" && !told.text.empty() ? head + style.dim(rest) : "";
}

std::string samples_text(const Experiment& experiment) {
    std::string out;
    for (const Measurement& one : measurements(experiment)) {
        if (one.unit == "%") continue;
        out += "  " + one.what + " " + one.metric + ": " + count(one.values.size(), "sample") +
               ", " + quantity(mean(one.values), one.unit) + " on average";
        if (one.lost > 0) out += ", " + std::to_string(one.lost) + " lost";
        out += "\n";
    }
    return out;
}

}  // namespace cli
