// `lab validate`: every mistake of every file at once; needs neither labd nor root.
#include "cli/bundle.hpp"
#include "cli/commands.hpp"
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/programs.hpp"
#include "cli/render.hpp"
#include "cli/sarif.hpp"
#include "cli/with_variant.hpp"

#include <boost/json.hpp>

#include <optional>
#include <utility>

namespace cli {
namespace {

namespace json = boost::json;

json::object diagnostic_json(const topology::Diagnostic& d, const topology::Sources& sources) {
    const bool placed = d.where.line > 0 && d.where.file < sources.size();
    return {{"severity", severity_word(d.severity)},
            {"code", d.code},
            {"message", d.message},
            {"hint", d.hint},
            {"file", placed ? json::value(sources[d.where.file].name) : nullptr},
            {"line", placed ? json::value(d.where.line) : nullptr},
            {"column", placed ? json::value(d.where.column) : nullptr},
            {"length", d.where.length}};
}

// The first combination of [matrix] that is wrong, where the file as it stands is right.
std::optional<std::pair<topology::Variant, Bundle>> wrong_variant(const FilePlace& place,
                                                                  const Bundle& bundle,
                                                                  const FileOptions& options) {
    for (const topology::Variant& variant : topology::variants(bundle.resolved.lab.matrix)) {
        if (variant.empty()) break;
        Bundle its = read_bundle(place, with_variant(options, variant), Wanted::mistakes);
        if (its.resolved.diagnostics.failed()) return std::pair(variant, std::move(its));
    }
    return std::nullopt;
}

std::string sentence(const Bundle& bundle, const FilePlace& place) {
    const topology::Lab& lab = bundle.resolved.lab;
    return place.shown() + ": fine: lab " + lab.name + ", " + count(lab.nodes.size(), "node") +
           ", " + count(lab.links.size(), "link") + "\n";
}

}  // namespace

int validate(const Globals& globals, const std::vector<std::string>& names,
             const FileOptions& options) {
    bool all_fine = true;
    const bool text = !globals.json() && globals.format != Format::sarif;
    Sarif sarif;
    json::array files, diagnostics;
    const std::vector<std::string> wanted = names.empty() ? std::vector<std::string>{""} : names;
    for (const std::string& name : wanted) {
        const FilePlace place = choose_file(name);
        Bundle bundle = read_bundle(place, options, Wanted::mistakes);
        std::string variant;
        if (!bundle.resolved.diagnostics.failed())
            if (auto wrong = wrong_variant(place, bundle, options)) {
                bundle = std::move(wrong->second);
                variant = topology::text(wrong->first);
                if (text) print_error("with " + variant + ":\n");
            }
        const topology::Resolved& resolved = bundle.resolved;
        const bool fine = !resolved.diagnostics.failed();
        std::vector<topology::Diagnostic> found = resolved.diagnostics.all();
        // The file is right; it is this machine that lacks something.
        for (topology::Diagnostic d : missing_programs(resolved.lab)) {
            d.severity = topology::Severity::warning;
            if (fine) found.push_back(std::move(d));
        }
        all_fine = all_fine && fine;
        if (globals.format == Format::sarif) sarif.add(found, resolved.sources);
        if (globals.json()) {
            for (const topology::Diagnostic& d : found)
                diagnostics.push_back(diagnostic_json(d, resolved.sources));
            json::object file{{"file", place.shown()},
                              {"ok", fine},
                              {"lab", fine ? json::value(resolved.lab.name) : nullptr},
                              {"nodes", fine ? resolved.lab.nodes.size() : 0},
                              {"links", fine ? resolved.lab.links.size() : 0}};
            if (!variant.empty()) file.emplace("variant", variant);
            files.push_back(std::move(file));
            continue;
        }
        if (text && !found.empty())
            print_error(topology::render(found, resolved.sources, globals.color_err));
        if (text && fine && !globals.quiet) print(sentence(bundle, place));
    }
    if (globals.format == Format::sarif) print(sarif.text());
    if (globals.json())
        print(compact(json::object{{"api", 1},
                                   {"ok", all_fine},
                                   {"files", std::move(files)},
                                   {"diagnostics", std::move(diagnostics)}}));
    return all_fine ? exit_code::ok : exit_code::usage;
}

}  // namespace cli
