// One failure in its two costumes: sentences for a person, an object for a program.
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace cli {
namespace {

boost::json::object where(const topology::Diagnostic& d, const topology::Sources& sources) {
    boost::json::object out;
    const bool placed = d.where.line > 0 && d.where.file < sources.size();
    out["file"] = placed ? boost::json::value(sources[d.where.file].name) : nullptr;
    out["line"] = placed ? boost::json::value(d.where.line) : nullptr;
    out["column"] = placed ? boost::json::value(d.where.column) : nullptr;
    return out;
}

}  // namespace

std::string render(const Failure& failure, bool color) {
    const Style style{color};
    if (!failure.diagnostics.empty())
        return topology::render(failure.diagnostics, failure.sources, color);
    const auto source = std::find_if(failure.sources.begin(), failure.sources.end(),
                                     [&](const auto& s) { return s.name == failure.file; });
    if (failure.line > 0 && source != failure.sources.end()) {
        topology::Diagnostic d;
        d.where.file = static_cast<std::uint32_t>(source - failure.sources.begin());
        d.where.line = failure.line, d.where.column = failure.column;
        d.message = failure.message, d.hint = failure.hint;
        return topology::render(d, failure.sources, color);
    }
    std::string out = "lab: ";
    if (!failure.file.empty()) {
        out = failure.file;
        if (failure.line > 0) out += ":" + std::to_string(failure.line);
        if (failure.line > 0 && failure.column > 0) out += ":" + std::to_string(failure.column);
        out += ": ";
    }
    out += style.red("error:") + " " + failure.message + "\n";
    if (!failure.hint.empty()) out += "  " + style.cyan("hint:") + " " + failure.hint + "\n";
    return out;
}

std::string render_json(const Failure& failure) {
    boost::json::object error;
    error["code"] = failure.code;
    error["message"] = failure.message;
    error["hint"] = failure.hint;
    error["file"] = failure.file.empty() ? nullptr : boost::json::value(failure.file);
    error["line"] = failure.line == 0 ? nullptr : boost::json::value(failure.line);
    error["column"] = failure.column == 0 ? nullptr : boost::json::value(failure.column);
    boost::json::object out;
    out["api"] = 1;
    if (!failure.diagnostics.empty()) {
        boost::json::array list;
        for (const topology::Diagnostic& d : failure.diagnostics) {
            boost::json::object item;
            item["severity"] = severity_word(d.severity);
            item["code"] = d.code;
            item["message"] = d.message;
            item["hint"] = d.hint;
            for (auto& [key, value] : where(d, failure.sources)) item[key] = std::move(value);
            item["length"] = d.where.length;
            list.push_back(std::move(item));
        }
        // The first real error stands for the whole in the short form.
        for (const topology::Diagnostic& d : failure.diagnostics) {
            if (d.severity != topology::Severity::error) continue;
            error["message"] = d.message;
            error["hint"] = d.hint;
            for (auto& [key, value] : where(d, failure.sources)) error[key] = std::move(value);
            break;
        }
        out["error"] = std::move(error);
        out["diagnostics"] = std::move(list);
    } else {
        out["error"] = std::move(error);
    }
    return compact(out);
}

}  // namespace cli
