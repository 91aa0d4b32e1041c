#include "labd/bundle.hpp"

#include "labd/base64.hpp"
#include "labd/body.hpp"
#include "labd/utf8.hpp"
#include "topology/numbering.hpp"

#include <boost/json.hpp>

#include <filesystem>

namespace labd {

namespace json = boost::json;

namespace {

std::string decoded(const std::string& text) {
    std::optional<std::string> bytes = base64_decode(text);
    if (!bytes) throw BadRequest("a file's base64 holds a character that base64 has not");
    return std::move(*bytes);
}

const json::object& object_of(const json::value& value, const char* what) {
    if (!value.is_object()) throw BadRequest(std::string(what) + " must be an object");
    return value.as_object();
}

Bundle bundle_of(const json::object& object) {
    Bundle bundle;
    bundle.main = body::needed_text(object, "main");
    bundle.source = body::text(object, "source");
    if (const json::value* name = object.if_contains("name"); name != nullptr && !name->is_null())
        bundle.name = body::text(object, "name");
    const json::value* files = object.if_contains("files");
    if (files == nullptr) throw BadRequest("the request lacks \"files\"");
    for (const auto& [path, entry] : object_of(*files, "\"files\"")) {
        const json::object& file = object_of(entry, "each of \"files\"");
        topology::Files::Entry made;
        made.content = file.contains("base64") ? decoded(body::needed_text(file, "base64"))
                                               : body::needed_text(file, "text");
        const double mode = body::number(file, "mode").value_or(0);
        made.mode = mode > 0 && mode <= 07777 ? static_cast<std::uint32_t>(mode) : 0644;
        bundle.files[std::string(path)] = std::move(made);
    }
    if (!bundle.files.contains(bundle.main))
        throw BadRequest("\"files\" does not hold \"" + bundle.main + "\"");
    if (const json::value* set = object.if_contains("set"); set != nullptr && !set->is_null())
        for (const auto& [key, value] : object_of(*set, "\"set\"")) {
            if (!value.is_string()) throw BadRequest("each of \"set\" must be a string");
            bundle.set[std::string(key)] = std::string(value.as_string());
        }
    return bundle;
}

}  // namespace

UpRequest parse_up_request(const std::string& text) {
    const json::object object =
        body::parse(text, {"main", "source", "files", "set", "name", "wait", "dry_run",
                           "keep_on_failure", "renumber", "autostart", "recreate", "numbering"});
    UpRequest request;
    request.bundle = bundle_of(object);
    request.wait_s = body::number(object, "wait").value_or(0);
    request.dry_run = body::flag(object, "dry_run");
    request.keep_on_failure = body::flag(object, "keep_on_failure");
    request.renumber = body::flag(object, "renumber");
    request.autostart = body::flag(object, "autostart");
    request.recreate = body::texts(object, "recreate");
    return request;
}

Bundle parse_bundle(const std::string& text) {
    const json::object object = body::parse(text);
    Bundle bundle = bundle_of(object);
    bundle.numbering = body::text(object, "numbering");
    return bundle;
}

std::string to_json(const Bundle& bundle) {
    json::object files;
    for (const auto& [path, entry] : bundle.files) {
        json::object file;
        if (is_utf8(entry.content))
            file["text"] = entry.content;
        else
            file["base64"] = base64_encode(entry.content);
        file["mode"] = entry.mode;
        files[path] = std::move(file);
    }
    json::object set;
    for (const auto& [key, value] : bundle.set) set[key] = value;
    json::object object;
    object["api"] = 1;
    object["main"] = bundle.main;
    object["source"] = bundle.source;
    object["files"] = std::move(files);
    object["set"] = std::move(set);
    if (bundle.name) object["name"] = *bundle.name;
    if (!bundle.numbering.empty()) object["numbering"] = bundle.numbering;
    return json::serialize(object);
}

std::optional<topology::Files::Entry> BundleFiles::read(const std::string& path) {
    const auto found = bundle_.files.find(path);
    if (found == bundle_.files.end()) return std::nullopt;
    return found->second;
}

std::vector<std::string> BundleFiles::list(const std::string& folder) {
    const std::string prefix = folder.empty() || folder.ends_with('/') ? folder : folder + "/";
    std::vector<std::string> paths;
    for (const auto& [path, entry] : bundle_.files)
        if (path.starts_with(prefix)) paths.push_back(path.substr(prefix.size()));
    return paths;
}

topology::Resolved resolve(const Bundle& bundle) {
    BundleFiles files(bundle);
    topology::ResolveOptions options;
    options.set = bundle.set;
    options.name = bundle.name;
    const topology::Numbering running = topology::parse_numbering(bundle.numbering);
    options.running = &running;
    // A lab.toml without a name is called like its folder.
    options.folder = std::filesystem::path(bundle.source).parent_path().filename();
    topology::Resolved resolved = topology::resolve(files, bundle.main, options);
    // A directory of the host is meant from the folder of the file, which only its reader knows.
    if (bundle.source.starts_with('/'))
        for (topology::Node& node : resolved.lab.nodes)
            if (node.root && !node.root->text.starts_with('/'))
                node.root->text = std::filesystem::path(bundle.source).parent_path() /
                                  std::filesystem::path(node.root->text);
    return resolved;
}

}  // namespace labd
