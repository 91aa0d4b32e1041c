// The only unit of labd that includes CLI11.
#include "labd/options.hpp"

#include "labd/user_folders.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace labd {

namespace fs = std::filesystem;

ParsedOptions parse_options(const std::vector<std::string>& arguments) {
    Options options;
    if (::geteuid() != 0) {
        options.run_dir = user_run_folder();
        options.state_dir = user_state_folder();
        options.log_dir = options.state_dir + "/log";
    }
    std::string level = "info";
    CLI::App app("labd keeps labs of Linux network namespaces. `lab` starts it when needed.",
                 "labd");
    app.set_version_flag("--version", "labd " LAB_VERSION);
    app.add_option("--run-dir", options.run_dir, "socket, lock and journals")
        ->capture_default_str();
    app.add_option("--state-dir", options.state_dir, "what outlives a boot: leases of user ids")
        ->capture_default_str();
    app.add_option("--log-dir", options.log_dir, "the audit log")->capture_default_str();
    app.add_option("--netns-dir", options.netns_dir, "where `ip netns` finds the nodes")
        ->capture_default_str();
    app.add_option("--socket", options.socket,
                   "where clients connect (default: RUN-DIR/labd.sock)");
    app.add_option("--init", options.init, "the lab-init to run in nodes (default: beside labd)");
    app.add_option("--labs-per-user", options.labs_per_user,
                   "how many labs each user may have up, root apart")
        ->capture_default_str()
        ->check(CLI::Range(1U, 1000000U));
    app.add_option("--nodes-per-user", options.nodes_per_user,
                   "how many nodes these may have together, root apart")
        ->capture_default_str()
        ->check(CLI::Range(1U, 1000000U));
    app.add_flag("--doctor", options.doctor,
                 "print what an ordinary user's labd lacks here, as JSON, and exit");
    app.add_flag("--foreground", options.foreground, "do not go to the background");
    app.add_option("--log-level", level, "error, warning, notice, info or debug")
        ->capture_default_str()
        ->check(CLI::IsMember({"error", "warning", "notice", "info", "debug"}));
    ParsedOptions parsed;
    try {
        std::vector<std::string> reversed(arguments.rbegin(),
                                          arguments.rend());  // CLI11 wants it so
        app.parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
        std::ostringstream out, err;
        // CLI11 exits with 100…127; ours is 2, as for every usage error (ux.md §1.3).
        parsed.status = app.exit(error, out, err) == 0 ? 0 : 2;
        parsed.text = parsed.status == 0 ? out.str() : "labd: " + err.str();
        return parsed;
    }
    (void)log::parse_level(level, options.log_level);  // IsMember has looked
    if (options.socket.empty()) options.socket = options.run_dir + "/labd.sock";
    for (std::string* path : {&options.run_dir, &options.state_dir, &options.log_dir,
                              &options.netns_dir, &options.socket, &options.init})
        if (!path->empty()) *path = fs::absolute(*path).lexically_normal().string();
    for (std::string* path :
         {&options.run_dir, &options.state_dir, &options.log_dir, &options.netns_dir})
        if (path->size() > 1 && path->back() == '/') path->pop_back();
    parsed.options = std::move(options);
    return parsed;
}

std::string find_init(const std::string& given, const std::string& self) {
    std::vector<fs::path> places;
    if (!given.empty())
        places = {given};
    else
        places = {fs::path(self).parent_path() / "lab-init",
                  (fs::path(self).parent_path().parent_path() / "libexec/labd/lab-init")};
    std::string seen;
    for (const fs::path& place : places) {
        std::error_code error;
        if (fs::is_regular_file(place, error) && ::access(place.c_str(), X_OK) == 0)
            return fs::absolute(place).lexically_normal().string();
        seen += (seen.empty() ? "" : ", ") + place.string();
    }
    throw std::runtime_error("lab-init, the first process of every node, is not there; looked at " +
                             seen + ". Say where it is with --init PATH");
}

std::string own_binary() {
    std::error_code error;
    std::string path = fs::read_symlink("/proc/self/exe", error).string();
    if (error) throw std::system_error(error, "cannot read /proc/self/exe; is /proc there?");
    constexpr std::string_view gone = " (deleted)";  // proc(5): the file was replaced meanwhile
    if (path.ends_with(gone)) path.resize(path.size() - gone.size());
    return path;
}

}  // namespace labd
