// See artefacts.hpp.
#include "cli/artefacts.hpp"

#include "cli/daemon.hpp"
#include "cli/error.hpp"
#include "cli/failed_capture.hpp"
#include "cli/node_command.hpp"
#include "cli/report_html.hpp"
#include "topology/stages.hpp"

#include <boost/json.hpp>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

namespace cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// File and the command in the node whose output it is.
constexpr std::array<std::pair<const char*, const char*>, 10> sayings{{
    {"links.json", "ip -j -s -d link"},
    {"addresses.json", "ip -j addr"},
    {"routes.json", "ip -j route show table all"},
    {"routes6.json", "ip -6 -j route show table all"},
    {"neighbours.json", "ip -j neigh"},
    {"qdiscs.json", "tc -j -s qdisc"},
    {"nft.json", "nft -j list ruleset"},
    {"sysctl.txt", "sysctl -a 2>/dev/null | grep ^net"},
    {"processes.txt", "ps -eo pid,ppid,user,stat,etimes,args"},
    {"frr.conf", "vtysh -c 'show running-config'"},
}};

class Writer {
  public:
    explicit Writer(std::string folder) : folder_(std::move(folder)) {}

    void file(const std::string& name, std::string text) {
        if (text.size() > artefact_limit) {
            text.resize(artefact_limit);
            text += "\n… cut here\n";
        }
        if (written_ + text.size() > artefacts_limit) return;
        written_ += text.size();
        const fs::path path = fs::path(folder_) / name;
        std::error_code error;
        fs::create_directories(path.parent_path(), error);
        std::ofstream out(path, std::ios::binary | std::ios::trunc);
        out << text;
        if (!out.flush()) throw Failure("internal", "cannot write " + path.string());
    }

  private:
    std::string folder_;
    std::size_t written_ = 0;
};

// What streams say, together; errors count as silence.
std::vector<std::string> hear(const std::vector<Job>& jobs) {
    std::vector<std::string> said(jobs.size());
    ManyOptions options;
    options.parallel = 16;
    options.timeout = 10;
    options.output = [&](std::size_t job, int stream, std::string_view bytes) {
        if (stream == 1 && said[job].size() <= artefact_limit) said[job] += bytes;
    };
    (void)run_many(jobs, options);
    return said;
}

void nodes(Writer& writer, const Client& client, const topology::Lab& lab,
           const std::string& running) {
    std::vector<Job> jobs;
    std::vector<std::string> names;
    for (const topology::Node& node : lab.nodes) {
        if (!node.has_process()) continue;
        for (const auto& [file, command] : sayings) {
            NodeCommand what;
            what.argv = {"sh", "-c", command};
            names.push_back("nodes/" + node.name + "/" + file);
            jobs.push_back({node.name, [&client, running, name = node.name, what] {
                                return open_session(client, running, name, what);
                            }});
        }
        names.push_back("nodes/" + node.name + "/services.log");
        jobs.push_back({node.name, [&client, running, name = node.name] {
                            return client.upgrade("GET", "/v1/labs/" + encode(running) + "/nodes/" +
                                                             encode(name) + "/logs");
                        }});
    }
    const std::vector<std::string> said = hear(jobs);
    for (std::size_t i = 0; i < said.size(); ++i)
        if (!said[i].empty()) writer.file(names[i], said[i]);
}

std::string host(const Client& client) {
    json::object out{{"api", 1}, {"lab", LAB_VERSION}};
    utsname name{};
    if (::uname(&name) == 0)
        out["kernel"] = std::string(name.sysname) + " " + name.release + " " + name.machine;
    try {
        json::error_code error;
        json::value doctor = json::parse(client.request("GET", "/v1/doctor", "", 20).body, error);
        if (!error) out["doctor"] = std::move(doctor);
    } catch (const Failure&) {
        out["doctor"] = nullptr;
    }
    return json::serialize(out) + "\n";
}

}  // namespace

void write_artefacts(const std::string& folder, const Globals& globals, CheckSuite& suite,
                     const Bundle* bundle, const std::string& running) {
    Writer writer(folder);
    const Client client = connect(globals);
    std::string events;
    try {
        (void)client.lines("GET", "/v1/events?lab=" + encode(running), "",
                           [&](std::string_view line) {
                               if (events.size() <= artefact_limit)
                                   events += std::string(line) + "\n";
                           });
    } catch (const Failure&) {
        events.clear();
    }
    if (bundle != nullptr)
        for (const FailedCapture& capture : capture_failed(globals, running, suite))
            writer.file(capture.file, capture.bytes);
    // First what needs the lab no more, so that it is there whatever comes then.
    writer.file("report.html",
                report_html(suite, bundle == nullptr ? nullptr : &bundle->resolved.lab, events));
    writer.file("checks.junit.xml", junit_xml({suite}));
    writer.file("events.jsonl", events);
    writer.file("host.json", host(client));
    if (bundle == nullptr) return;
    writer.file("lab.resolved.toml", topology::resolved_toml(bundle->resolved.lab));
    nodes(writer, client, bundle->resolved.lab, running);
}

}  // namespace cli
