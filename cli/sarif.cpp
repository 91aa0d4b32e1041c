// Its columns are characters, ours are bytes.
#include "cli/sarif.hpp"

#include "cli/client.hpp"
#include "cli/render.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace cli {
namespace {

namespace json = boost::json;

// A path as a relative reference: "my labs/a.toml" → "my%20labs/a.toml".
std::string reference(const std::string& path) {
    std::string out;
    std::size_t at = 0;
    while (at <= path.size()) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        out += encode(path.substr(at, slash - at));
        if (slash < path.size()) out += '/';
        at = slash + 1;
    }
    return out;
}

std::string source_line(const std::string& text, std::uint32_t line) {
    std::size_t at = 0;
    for (std::uint32_t i = 1; i < line && at != text.npos; ++i) {
        at = text.find('\n', at);
        if (at != text.npos) ++at;
    }
    return at == text.npos ? "" : text.substr(at, text.find('\n', at) - at);
}

std::uint32_t characters(const std::string& line, std::size_t bytes) {
    const std::size_t most = std::min(bytes, line.size());
    const auto continues =
        std::count_if(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(most),
                      [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; });
    return static_cast<std::uint32_t>(bytes) - static_cast<std::uint32_t>(continues);
}

json::object place(const topology::Where& where, const topology::SourceFile& source) {
    const std::string line = source_line(source.text, where.line);
    const std::uint32_t begin = where.column > 0 ? where.column - 1 : 0;
    return {{"physicalLocation",
             {{"artifactLocation", {{"uri", reference(source.name)}}},
              {"region",
               {{"startLine", where.line},
                {"startColumn", characters(line, begin) + 1},
                {"endColumn",
                 characters(line, begin + std::max(where.length, std::uint32_t{1})) + 1}}}}}};
}

}  // namespace

void Sarif::add(const std::vector<topology::Diagnostic>& found, const topology::Sources& sources) {
    for (const topology::Diagnostic& d : found) {
        rules_.insert(d.code);
        json::array places;
        if (d.where.line > 0 && d.where.file < sources.size())
            places.push_back(place(d.where, sources[d.where.file]));
        const char* level = d.severity == topology::Severity::error     ? "error"
                            : d.severity == topology::Severity::warning ? "warning"
                                                                        : "note";
        const std::string said = d.message + (d.hint.empty() ? "" : " (" + d.hint + ")");
        results_.push_back(json::serialize(json::object{{"ruleId", d.code},
                                                        {"level", level},
                                                        {"message", {{"text", said}}},
                                                        {"locations", std::move(places)}}));
    }
}

std::string Sarif::text() const {
    json::array rules;
    for (const std::string& rule : rules_) rules.push_back(json::object{{"id", rule}});
    const json::object driver{
        {"name", "lab"}, {"version", LAB_VERSION}, {"rules", std::move(rules)}};
    return "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\","
           "\"runs\":[{\"tool\":{\"driver\":" +
           json::serialize(driver) + "},\"columnKind\":\"unicodeCodePoints\",\"results\":[" +
           join(results_, ",") + "]}]}\n";
}

}  // namespace cli
