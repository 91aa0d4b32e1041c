// `lab init`: a commented lab.toml to start from.
#include "cli/commands.hpp"
#include "cli/embedded.hpp"
#include "cli/error.hpp"
#include "cli/json_print.hpp"
#include "cli/render.hpp"
#include "labd/fd.hpp"
#include "topology/suggest.hpp"

#include <boost/json.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace cli {
namespace {

constexpr const char* first_template = "two-hosts";

// The first comment line of a template says what it teaches.
std::string_view subject(std::string_view text) {
    const std::size_t start = text.find("# ");
    return start == text.npos ? "" : text.substr(start + 2, text.find('\n') - start - 2);
}

std::string listing() {
    Table table({"TEMPLATE", "TEACHES"});
    for (const std::string_view name : embedded_names("templates"))
        table.row({std::string(name),
                   std::string(subject(embedded("templates/" + std::string(name) + ".toml")))});
    return table.text(Style{});
}

void write_file(const std::string& path, std::string_view text, bool force) {
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL);
    const labd::Fd file(::open(path.c_str(), flags, 0666));
    if (!file && errno == EEXIST)
        throw Failure("usage", path + " is already there, and stays as it is",
                      "name another: lab init TEMPLATE my.lab.toml; or --force");
    const ssize_t n = file ? ::write(file.get(), text.data(), text.size()) : -1;
    if (n != static_cast<ssize_t>(text.size()))
        throw Failure("internal", "write " + path + ": " + std::strerror(errno));
}

}  // namespace

int init(const Globals& globals, const InitOptions& options) {
    if (options.list) {
        print(listing());
        return exit_code::ok;
    }
    const std::string name = options.what.empty() ? first_template : options.what;
    const std::string_view text = embedded("templates/" + name + ".toml");
    if (text.empty()) {
        const auto names = embedded_names("templates");
        const std::string near = topology::did_you_mean(name, names);
        throw Failure("usage", "no template \"" + name + "\"",
                      near.empty() ? "lab init --list shows them" : near);
    }
    const std::string path = options.file.empty() ? "lab.toml" : options.file;
    write_file(path, text, options.force);
    if (globals.json()) {
        print(compact(boost::json::object{{"api", 1}, {"path", path}, {"template", name}}));
        return exit_code::ok;
    }
    print(path + "\n");
    if (!globals.quiet)
        print_error("`lab up" + (options.file.empty() ? std::string() : " " + path) +
                    "` brings it up; the file explains itself\n");
    return exit_code::ok;
}

}  // namespace cli
