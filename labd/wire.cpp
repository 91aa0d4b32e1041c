#include "labd/wire.hpp"

#include "labd/body.hpp"

#include <boost/json.hpp>

namespace labd {

namespace json = boost::json;

namespace {

json::array diagnostics(const UpFailure& failure) {
    json::array array;
    for (const topology::Diagnostic& d : failure.diagnostics) {
        json::object object;
        object["severity"] = d.severity == topology::Severity::error     ? "error"
                             : d.severity == topology::Severity::warning ? "warning"
                                                                         : "notice";
        object["code"] = d.code;
        object["message"] = d.message;
        object["hint"] = d.hint;
        if (d.where.line != 0 && d.where.file < failure.sources.size())
            object["file"] = failure.sources[d.where.file].name;
        object["line"] = d.where.line;
        object["column"] = d.where.column;
        object["length"] = d.where.length;
        array.emplace_back(std::move(object));
    }
    return array;
}

json::value value_of(const std::optional<std::string>& text) {
    if (!text) return nullptr;
    return json::value(*text);
}

std::uint32_t number(const json::object& object, const char* key, std::uint32_t fallback) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_int64()) return fallback;
    const std::int64_t n = value->as_int64();
    return n < 0 || n > 65535 ? fallback : static_cast<std::uint32_t>(n);
}

}  // namespace

unsigned http_status(const std::string& code) {
    if (code.starts_with("no_such")) return 404;
    if (code == "forbidden") return 403;
    if (code == "busy") return 409;
    if (code == "limit") return 429;
    if (code == "bad_request" || code == "invalid_topology") return 400;
    return 500;
}

json::object wire() {
    json::object object;
    object["api"] = 1;
    return object;
}

std::string error_line(const UpFailure& failure) {
    json::object error;
    error["code"] = failure.code;
    error["message"] = failure.what();
    error["hint"] = failure.hint;
    if (failure.where.line != 0 && failure.where.file < failure.sources.size()) {
        error["file"] = failure.sources[failure.where.file].name;
        error["line"] = failure.where.line;
        error["column"] = failure.where.column;
    }
    json::object object = wire();
    object["type"] = "error";
    object["error"] = std::move(error);
    if (!failure.diagnostics.empty()) object["diagnostics"] = diagnostics(failure);
    return json::serialize(object);
}

std::string result_line(const UpResult& result) {
    json::array actions;
    for (const topology::Action& action : result.actions) {
        json::object object;
        object["op"] = action.op;
        object["kind"] = action.kind;
        object["name"] = action.name;
        object["detail"] = action.detail;
        object["reason"] = action.reason;
        json::array changes;
        for (const topology::Action::Change& change : action.changes)
            changes.emplace_back(json::object{{"path", change.path},
                                              {"from", value_of(change.from)},
                                              {"to", value_of(change.to)}});
        object["changes"] = std::move(changes);
        actions.emplace_back(std::move(object));
    }
    json::object object = wire();
    object["type"] = "result";
    object["lab"] = result.lab;
    object["actions"] = std::move(actions);
    object["elapsed"] = result.elapsed_s;
    object["nodes"] = result.nodes;
    object["links"] = result.links;
    json::array kept;
    for (const topology::Renumbering& one : result.kept)
        kept.emplace_back(json::object{{"what", one.what}, {"is", one.kept}, {"fresh", one.fresh}});
    object["kept"] = std::move(kept);
    return json::serialize(object);
}

SessionRequest parse_session(const std::string& text, const topology::Node& node) {
    const json::object object =
        body::parse(text, {"argv", "env", "user", "dir", "tty", "rows", "columns"});
    SessionRequest request;
    request.command.argv = body::needed_texts(object, "argv");
    std::map<std::string, std::string> env;
    for (const auto& [key, entry] : node.env) env[key] = entry.text;
    if (const json::value* own = object.if_contains("env"); own != nullptr && own->is_object())
        for (const auto& [key, entry] : own->as_object()) {
            if (!entry.is_string()) throw BadRequest("each of \"env\" must be a string");
            env[std::string(key)] = std::string(entry.as_string());
        }
    for (const auto& [key, entry] : env) request.command.env.push_back(key + "=" + entry);
    request.command.user = body::text(object, "user");
    if (request.command.user.empty()) request.command.user = node.user;
    request.command.dir = body::text(object, "dir");
    request.tty = body::flag(object, "tty");
    request.rows = number(object, "rows", 24);
    request.columns = number(object, "columns", 80);
    return request;
}

}  // namespace labd
