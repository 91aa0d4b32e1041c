// Folder first, then what runs.
#include "cli/select.hpp"

#include "cli/error.hpp"
#include "cli/render.hpp"
#include "cli/wire.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace cli {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view suffix = ".lab.toml";

bool ends_with(const std::string& text, std::string_view end) {
    return text.size() > end.size() && text.compare(text.size() - end.size(), end.npos, end) == 0;
}

std::vector<std::string> topologies_in(const std::string& folder) {
    std::error_code error;
    if (fs::is_regular_file(folder + "/lab.toml", error)) return {"lab.toml"};
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (const std::string name = entry.path().filename();
            ends_with(name, suffix) && entry.is_regular_file(error))
            found.push_back(name);
    std::sort(found.begin(), found.end());
    return found;
}

FilePlace only_one_in(const std::string& folder) {
    const std::vector<std::string> found = topologies_in(folder);
    const std::string here = folder == "." ? "this folder" : folder;
    if (found.empty())
        throw Failure("usage", "there is no topology in " + here,
                      "`lab init` writes a first lab.toml; or name a file: lab up FILE");
    if (found.size() > 1)
        throw Failure("usage", here + " holds several topologies: " + join(found, ", "),
                      "name the one you mean");
    return {folder, found.front()};
}

// The value of a plain `name = "…"` among the keys before the first table.
std::optional<std::string> written_name(std::istream& in) {
    for (std::string line; std::getline(in, line);) {
        std::size_t at = line.find_first_not_of(" \t");
        if (at == line.npos) continue;
        if (line[at] == '[') return std::nullopt;
        if (line.compare(at, 4, "name") != 0) continue;
        at = line.find_first_not_of(" \t", at + 4);
        if (at == line.npos || line[at] != '=') continue;
        at = line.find_first_of("\"'", at);
        if (at == line.npos) continue;
        const std::size_t end = line.find(line[at], at + 1);
        if (end != line.npos) return line.substr(at + 1, end - at - 1);
    }
    return std::nullopt;
}

std::string running(const std::vector<LabSummary>& labs) {
    std::vector<std::string> names;
    for (const LabSummary& lab : labs) names.push_back(lab.name);
    return join(names, ", ");
}

}  // namespace

FilePlace choose_file(const std::string& named, const std::string& lab) {
    if (named.empty()) {
        const auto place = file_here(lab);
        return place ? *place : only_one_in(".");
    }
    if (named == "-") return {".", "-"};
    std::error_code error;
    const fs::path path(named);
    if (fs::is_directory(path, error)) return only_one_in(named);
    if (!fs::exists(path, error)) {
        const std::vector<std::string> found = topologies_in(".");
        throw Failure(
            "usage", "there is no file " + named,
            found.empty() ? "`lab init` writes a first lab.toml" : "here: " + join(found, ", "));
    }
    const std::string folder = path.parent_path();
    return {folder.empty() ? "." : folder, path.filename()};
}

std::optional<FilePlace> file_here(const std::string& lab) {
    std::vector<std::string> found = topologies_in(".");
    if (found.size() > 1 && !lab.empty())
        std::erase_if(found, [&](const std::string& name) {
            return lab_name_of(FilePlace{".", name}) != lab;
        });
    if (found.size() != 1) return std::nullopt;
    return FilePlace{".", found.front()};
}

std::string folder_name(const std::string& folder) {
    std::error_code error;  // an unreadable folder has no name
    return fs::canonical(folder, error).filename().string();
}

std::optional<std::string> lab_name_of(const FilePlace& place) {
    std::ifstream in(place.shown());
    if (!in) return std::nullopt;
    if (auto name = written_name(in)) return name;
    if (place.name != "lab.toml" && ends_with(place.name, suffix))
        return place.name.substr(0, place.name.size() - suffix.size());
    return folder_name(place.folder);
}

std::optional<std::string> lab_without_asking(const Globals& globals) {
    if (!globals.lab.empty()) return globals.lab;
    if (const auto place = file_here()) return lab_name_of(*place);
    return std::nullopt;
}

std::string choose_lab(const Globals& globals, const Client& client) {
    if (auto name = lab_without_asking(globals)) return *name;
    const Answer answer = client.request("GET", "/v1/labs");
    if (answer.status != 200) throw_failure(answer, "list the labs");
    const std::vector<LabSummary> labs = parse_labs(answer.body);
    if (labs.size() == 1) return labs.front().name;
    const std::vector<std::string> found = topologies_in(".");
    if (labs.empty() && !found.empty())
        throw Failure(
            "no_such_lab",
            "no lab is running, and this folder holds several topologies: " + join(found, ", "),
            "lab up " + found.front() + " brings that one up");
    if (labs.empty())
        throw Failure("no_such_lab", "no lab is running, and there is no topology in this folder",
                      "`lab init` writes a first one, `lab up` brings it up");
    throw Failure("no_such_lab", "several labs are running: " + running(labs),
                  "say which one: lab -L NAME …");
}

}  // namespace cli
