#include "cli/capture_filter.hpp"

#include "cli/child.hpp"
#include "cli/error.hpp"

#include <sstream>

namespace cli {
namespace {

// What tcpdump says is wrong: its last line, without its own name.
std::string complaint(const std::string& said) {
    std::istringstream lines(said);
    std::string line, last;
    while (std::getline(lines, line))
        if (!line.empty()) last = line;
    const std::string name = "tcpdump: ";
    return last.starts_with(name) ? last.substr(name.size()) : last;
}

bool has_word(const std::string& text, const std::string& word) {
    std::string plain = text;
    for (char& c : plain)
        if (c == '(' || c == ')' || c == '!') c = ' ';
    std::istringstream words(plain);
    for (std::string one; words >> one;)
        if (one == word) return true;
    return false;
}

}  // namespace

std::vector<sock_filter> compile_filter(const std::string& filter, std::uint32_t snaplen,
                                        bool ethernet) {
    // The kernel runs filters on packets whose tag it has put aside already: nothing would match.
    if (has_word(filter, "vlan"))
        throw Failure("usage", "\"vlan\" cannot be asked of packets while they come",
                      "the file has the tags: lab capture … -w FILE, then tcpdump -r FILE vlan");
    if (filter.empty()) return {BPF_STMT(BPF_RET | BPF_K, snaplen)};
    Child tcpdump = Child::start({"tcpdump", "-y", ethernet ? "EN10MB" : "RAW", "-s",
                                  std::to_string(snaplen), "-ddd", "--", filter},
                                 false, true, true);
    if (tcpdump.pid == 0)
        throw Failure("unreachable", "a filter is compiled by tcpdump, which is not there",
                      "apt install tcpdump; without a filter it is not needed");
    const std::string program = read_all(tcpdump.out.get()), said = read_all(tcpdump.err.get());
    if (tcpdump.wait() != 0)
        throw Failure("usage", "\"" + filter + "\" is no filter: " + complaint(said),
                      "'icmp', 'tcp port 80', 'host 10.0.0.1 and not arp': man pcap-filter");
    std::istringstream numbers(program);
    std::size_t count = 0;
    numbers >> count;
    std::vector<sock_filter> out;
    unsigned code = 0, yes = 0, no = 0;
    std::uint32_t k = 0;
    while (numbers >> code >> yes >> no >> k)
        out.push_back({static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(yes),
                       static_cast<std::uint8_t>(no), k});
    if (out.empty() || out.size() != count)
        throw Failure("internal", "tcpdump -ddd says nothing that a kernel could run");
    return out;
}

}  // namespace cli
