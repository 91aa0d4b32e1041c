// Files to texts, texts to JSON and back.
#include "cli/bundle.hpp"

#include "cli/daemon.hpp"
#include "cli/disk_files.hpp"
#include "cli/error.hpp"
#include "cli/json_field.hpp"
#include "cli/render.hpp"
#include "labd/base64.hpp"
#include "labd/utf8.hpp"
#include "topology/numbering.hpp"

#include <boost/json.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <optional>
#include <set>

namespace cli {
namespace {

namespace json = boost::json;
using Entries = std::map<std::string, topology::Files::Entry>;

// Texts in memory over another source: standard input, or all that a running lab was made of.
class TextFiles : public topology::Files {
  public:
    TextFiles(Entries entries, topology::Files* below)
        : entries_(std::move(entries)), below_(below) {}

    std::optional<Entry> read(const std::string& path) override {
        const auto found = entries_.find(path);
        if (found != entries_.end()) return found->second;
        return below_ != nullptr ? below_->read(path) : std::nullopt;
    }
    std::vector<std::string> list(const std::string& folder) override {
        std::set<std::string> names;
        if (below_ != nullptr)
            for (std::string& name : below_->list(folder)) names.insert(std::move(name));
        const std::string prefix = folder + "/";
        for (const auto& [path, entry] : entries_)
            if (path.rfind(prefix, 0) == 0) names.insert(path.substr(prefix.size()));
        return {names.begin(), names.end()};
    }

  private:
    Entries entries_;
    topology::Files* below_;
};

constexpr const char* stdin_name = "stdin.lab.toml";

topology::Files::Entry entry_of(const json::object& o) {
    topology::Files::Entry entry;
    entry.content = text(o, "text");
    if (o.contains("base64")) entry.content = labd::base64_decode(text(o, "base64")).value_or("");
    if (const json::value* mode = o.if_contains("mode"); mode != nullptr && mode->is_number())
        entry.mode = mode->to_number<std::uint32_t>();
    return entry;
}

// "The lab has no name" has no place in the file; a wrong name has one.
bool nameless(const topology::Resolved& resolved) {
    const auto& all = resolved.diagnostics.all();
    return std::any_of(all.begin(), all.end(), [](const topology::Diagnostic& d) {
        return d.code == "D2" && d.where.line == 0;
    });
}

}  // namespace

Bundle read_bundle(const FilePlace& place, const FileOptions& options, Wanted wanted) {
    topology::ResolveOptions how;
    how.only_mistakes = wanted == Wanted::mistakes;
    how.set = options.set;
    if (!options.name.empty()) how.name = options.name;
    DiskFiles disk(place.folder);
    Entries typed;
    Bundle bundle;
    bundle.main = place.name;
    if (place.name == "-") {
        bundle.main = stdin_name;
        how.nameless = "lab";
        typed[stdin_name].content.assign(std::istreambuf_iterator<char>(std::cin), {});
    }
    TextFiles files(std::move(typed), &disk);
    RecordingFiles recorder(files);
    bundle.resolved = topology::resolve(recorder, bundle.main, how);
    // A lab.toml without a name is called like its folder, which only we can see.
    if (place.name == "lab.toml" && nameless(bundle.resolved)) {
        how.name = folder_name(place.folder);
        bundle.resolved = topology::resolve(recorder, bundle.main, how);
    }
    // labd knows no standard input, and would call the lab otherwise.
    if (!how.nameless.empty() && !how.name && !bundle.resolved.diagnostics.failed())
        how.name = bundle.resolved.lab.name;
    bundle.name = how.name.value_or("");
    bundle.files = recorder.recorded();
    std::error_code error;
    bundle.source =
        place.name == "-"
            ? "standard input"
            : std::filesystem::absolute(place.shown(), error).lexically_normal().string();
    // Places are shown as the user would type them from here.
    if (place.folder != ".")
        for (topology::SourceFile& source : bundle.resolved.sources)
            source.name = place.folder + "/" + source.name;
    return bundle;
}

Bundle running_bundle(const Client& client, const std::string& lab) {
    const Answer answer = client.request("GET", "/v1/labs/" + encode(lab) + "/bundle");
    if (answer.status != 200) throw_failure(answer, "show what " + lab + " was made of");
    json::error_code error;
    const json::value parsed = json::parse(answer.body, error);
    if (error || !parsed.is_object()) throw Failure("internal", "labd's bundle is no JSON object");
    const json::object& top = parsed.get_object();
    Bundle bundle;
    bundle.main = text(top, "main");
    bundle.source = text(top, "source");
    if (const json::value* files = top.if_contains("files"); files != nullptr && files->is_object())
        for (const auto& [path, file] : files->get_object())
            if (file.is_object()) bundle.files[std::string(path)] = entry_of(file.get_object());
    topology::ResolveOptions how;
    if (const std::string name = text(top, "name"); !name.empty()) how.name = name;
    if (const json::value* set = top.if_contains("set"); set != nullptr && set->is_object())
        for (const auto& [key, value] : set->get_object())
            if (value.is_string()) how.set[std::string(key)] = std::string(value.get_string());
    const topology::Numbering running = topology::parse_numbering(text(top, "numbering"));
    how.running = &running;
    TextFiles files(bundle.files, nullptr);
    bundle.resolved = topology::resolve(files, bundle.main, how);
    return bundle;
}

Bundle any_bundle(const Globals& globals, const FileOptions& options) {
    if (!options.file.empty()) return read_bundle(choose_file(options.file), options);
    if (globals.lab.empty() && file_here()) return read_bundle(choose_file(""), options);
    if (!globals.lab.empty()) return running_bundle(connect(globals), globals.lab);
    Globals gently = globals;
    gently.no_start = true;
    try {
        const Client client = connect(gently);
        return running_bundle(client, choose_lab(gently, client));
    } catch (const Unreachable&) {
        return read_bundle(choose_file(""), options);  // throws what to do without any lab
    }
}

void require_valid(const Bundle& bundle, const Globals& globals, bool notices) {
    const topology::Diagnostics& found = bundle.resolved.diagnostics;
    if (found.failed()) {
        Failure failure("invalid_topology", "the topology has mistakes");
        failure.diagnostics = found.all();
        failure.sources = bundle.resolved.sources;
        throw failure;
    }
    if (globals.quiet || globals.json()) return;
    std::vector<topology::Diagnostic> shown;
    for (const topology::Diagnostic& d : found.all())
        if (notices || globals.verbose || d.severity != topology::Severity::notice)
            shown.push_back(d);
    if (!shown.empty())
        print_error(topology::render(shown, bundle.resolved.sources, globals.color_err));
}

std::string put_body(const Bundle& bundle, const UpOptions& options) {
    json::object files;
    for (const auto& [path, entry] : bundle.files) {
        json::object file;
        if (labd::is_utf8(entry.content))
            file["text"] = entry.content;
        else
            file["base64"] = labd::base64_encode(entry.content);
        file["mode"] = entry.mode;
        files[path] = std::move(file);
    }
    json::object body;
    body["api"] = 1;
    body["main"] = bundle.main;
    body["source"] = bundle.source;
    body["files"] = std::move(files);
    json::object set;
    for (const auto& [key, value] : options.set) set[key] = value;
    body["set"] = std::move(set);
    if (!bundle.name.empty()) body["name"] = bundle.name;
    body["wait"] = options.wait ? options.wait_seconds : 0.0;
    body["dry_run"] = options.dry_run;
    body["recreate"] = json::value_from(options.recreate);
    body["keep_on_failure"] = options.keep_on_failure;
    body["renumber"] = options.renumber;
    body["autostart"] = options.autostart;
    return json::serialize(body);
}

}  // namespace cli
