// Resolve here, send, show what labd does, hear what came out.
#include "cli/up_request.hpp"

#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/json_field.hpp"
#include "cli/nodes.hpp"
#include "cli/programs.hpp"
#include "cli/progress.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <optional>

namespace cli {
namespace {

namespace json = boost::json;

std::optional<std::string> maybe_text(const json::object& from, const char* key) {
    const json::value* v = from.if_contains(key);
    if (v == nullptr || !v->is_string()) return std::nullopt;
    return std::string(v->get_string());
}

std::vector<json::object> objects(const json::object& from, const char* key) {
    std::vector<json::object> out;
    if (const json::value* list = from.if_contains(key); list != nullptr && list->is_array())
        for (const json::value& v : list->get_array())
            if (v.is_object()) out.push_back(v.get_object());
    return out;
}

// labd names files as they were sent; the user sees them with the folder in front. A file that is
// not ours is added without text.
std::size_t source_of(const std::string& file, topology::Sources& sources) {
    const std::string tail = "/" + file;
    const auto same = [&](const topology::SourceFile& s) {
        return s.name == file ||
               (!file.empty() && s.name.size() > tail.size() &&
                s.name.compare(s.name.size() - tail.size(), s.name.npos, tail) == 0);
    };
    const auto at = std::find_if(sources.begin(), sources.end(), same);
    const std::size_t index = static_cast<std::size_t>(at - sources.begin());
    if (at == sources.end()) sources.push_back({file, ""});
    return index;
}

// A mistake that only labd could see: its places point into the files that we have sent.
topology::Diagnostic diagnostic(const json::object& o, topology::Sources& sources) {
    topology::Diagnostic d;
    const std::string severity = text(o, "severity"), file = text(o, "file");
    d.severity = severity == "warning"  ? topology::Severity::warning
                 : severity == "notice" ? topology::Severity::notice
                                        : topology::Severity::error;
    d.code = text(o, "code"), d.message = text(o, "message"), d.hint = text(o, "hint");
    d.where.file = static_cast<std::uint32_t>(source_of(file, sources));
    d.where.line = static_cast<std::uint32_t>(number(o, "line"));
    d.where.column = static_cast<std::uint32_t>(number(o, "column"));
    d.where.length = std::max(1U, static_cast<std::uint32_t>(number(o, "length")));
    return d;
}

Failure failure_of(const json::object& line, const Bundle& bundle) {
    json::object error;
    if (const json::value* v = line.if_contains("error"); v != nullptr && v->is_object())
        error = v->get_object();
    Failure failure(text(error, "code"), text(error, "message"), text(error, "hint"));
    failure.file = text(error, "file");
    failure.line = static_cast<unsigned>(number(error, "line"));
    failure.column = static_cast<unsigned>(number(error, "column"));
    failure.sources = bundle.resolved.sources;
    if (!failure.file.empty())
        failure.file = failure.sources[source_of(failure.file, failure.sources)].name;
    const json::value* list = line.if_contains("diagnostics");
    if (list != nullptr && list->is_array())
        for (const json::value& d : list->get_array())
            if (d.is_object())
                failure.diagnostics.push_back(diagnostic(d.get_object(), failure.sources));
    return failure;
}

// What labd says while it works, line by line; the last one is the result.
class Listener {
  public:
    Listener(const Bundle& bundle, const Globals& globals)
        : bundle_(bundle),
          progress_(progress_style(globals), globals.verbose),
          quiet_(globals.quiet || globals.json()) {}

    void line(std::string_view bytes) {
        json::error_code error;
        json::value parsed = json::parse(json::string_view(bytes.data(), bytes.size()), error);
        if (error || !parsed.is_object())
            throw Failure("internal", "labd said something that is not JSON while building");
        const json::object& o = parsed.get_object();
        const std::string type = text(o, "type");
        if (type == "phase")
            progress_.show({text(o, "name"), static_cast<std::uint64_t>(number(o, "done")),
                            static_cast<std::uint64_t>(number(o, "total")), number(o, "elapsed")});
        else if (type == "notice")
            notice(text(o, "text"));
        else if (type == "result")
            result = read_result(o);
        else if (type == "error")
            failure = failure_of(o, bundle_);
    }

    void finish() { progress_.finish(); }

    std::optional<UpResult> result;
    std::optional<Failure> failure;

  private:
    // labd resolves the same files: what we have said already is not said again.
    void notice(const std::string& words) {
        const auto said = [&](const topology::Diagnostic& d) {
            return words.find(d.message) != words.npos;
        };
        const auto& ours = bundle_.resolved.diagnostics.all();
        if (quiet_ || std::any_of(ours.begin(), ours.end(), said)) return;
        progress_.finish();
        print_error("notice: " + words + "\n");
    }

    const Bundle& bundle_;
    Progress progress_;
    bool quiet_;
};

// Before anything is built: what the lab cannot do without must be installed.
void require_programs(const Bundle& bundle, const Globals& globals) {
    std::vector<topology::Diagnostic> missing = missing_programs(bundle.resolved.lab);
    if (missing.empty()) return;
    const bool needed = std::any_of(missing.begin(), missing.end(), [](const auto& d) {
        return d.severity == topology::Severity::error;
    });
    if (needed) {
        Failure failure("invalid_topology", "programs are missing that this lab needs");
        failure.diagnostics = std::move(missing);
        failure.sources = bundle.resolved.sources;
        throw failure;
    }
    if (!globals.quiet && !globals.json())
        print_error(topology::render(missing, bundle.resolved.sources, globals.color_err));
}

// --recreate takes sets, and names that are wrong are said before anything is done.
std::vector<std::string> to_recreate(const topology::Lab& lab, const UpOptions& options) {
    if (options.recreate.empty()) return {};
    std::vector<KnownNode> known;
    for (const topology::Node& node : lab.nodes) known.push_back({node.name, node.kind_chain});
    return select_nodes(known, join(options.recreate, ","));
}

}  // namespace

UpResult read_result(const json::object& line) {
    UpResult result;
    result.lab = text(line, "lab");
    result.elapsed = number(line, "elapsed");
    result.nodes = static_cast<std::size_t>(number(line, "nodes"));
    result.links = static_cast<std::size_t>(number(line, "links"));
    for (const json::object& a : objects(line, "actions")) {
        UpAction action;
        action.op = text(a, "op"), action.kind = text(a, "kind"), action.name = text(a, "name");
        action.detail = text(a, "detail"), action.reason = text(a, "reason");
        for (const json::object& c : objects(a, "changes"))
            action.changes.push_back({text(c, "path"), maybe_text(c, "from"), maybe_text(c, "to")});
        result.actions.push_back(std::move(action));
    }
    for (const json::object& k : objects(line, "kept"))
        result.kept.push_back({text(k, "what"), text(k, "is"), text(k, "fresh")});
    return result;
}

UpRequest prepare(const Globals& globals, const UpOptions& typed) {
    UpRequest request{read_bundle(choose_file(typed.file, globals.lab), typed, Wanted::mistakes),
                      typed};
    require_valid(request.bundle, globals, true);
    require_programs(request.bundle, globals);
    request.options.recreate = to_recreate(request.bundle.resolved.lab, typed);
    return request;
}

UpResult send(const UpRequest& request, const Globals& globals) {
    const Bundle& bundle = request.bundle;
    const std::string lab = bundle.resolved.lab.name;
    const Client client = connect(globals);
    Listener listener(bundle, globals);
    Answer answer;
    try {
        answer = client.lines("PUT", "/v1/labs/" + encode(lab), put_body(bundle, request.options),
                              [&](std::string_view line) { listener.line(line); });
    } catch (const Interrupted&) {
        listener.finish();
        throw Interrupted(lab + ": interrupted; labd takes back what this `up` has done");
    }
    listener.finish();
    if (answer.status != 200) {
        json::error_code error;
        const json::value body = json::parse(answer.body, error);
        if (error || !body.is_object()) throw_failure(answer, "bring " + lab + " up");
        throw failure_of(body.get_object(), bundle);
    }
    if (listener.failure) throw *listener.failure;
    if (!listener.result)
        throw Failure("internal", "labd hung up before " + lab + " was up",
                      "`lab status` shows what there is; labd.log says why");
    return std::move(*listener.result);
}

}  // namespace cli
