// Any bytes as a topology file: expand must report mistakes, never crash, hang or eat the machine.
// What comes out without a mistake must hold what the rest of labd relies on.
#include "tests/support/memory_files.hpp"
#include "topology/names.hpp"
#include "topology/stages.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

namespace {

void require(bool truth) {
    if (!truth) std::abort();
}

void check(const topology::Lab& lab) {
    require(topology::is_name(lab.name));
    std::set<std::string> nodes;
    for (std::size_t n = 0; n < lab.nodes.size(); ++n) {
        const topology::Node& node = lab.nodes[n];
        require(topology::is_name(node.name) && nodes.insert(node.name).second);
        std::set<std::string> names;
        std::set<std::uint32_t> indexes;
        for (std::size_t i = 0; i < node.interfaces.size(); ++i) {
            const topology::Interface& interface = node.interfaces[i];
            require(topology::interface_name_trouble(interface.name).empty());
            require(names.insert(interface.name).second);
            require(interface.index >= 100 && indexes.insert(interface.index).second);
            require(interface.mtu >= 68 && interface.mtu <= 65535);
            require(!interface.mac.is_multicast() && !interface.mac.is_zero());
            require(lab.links.at(interface.link).ends.at(interface.end) == topology::End{n, i});
        }
    }
    std::set<std::string> links;
    for (const topology::Link& link : lab.links)
        require(!link.ends.empty() && links.insert(link.name).second);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // The first file, then, behind a NUL, one that it may include or use as a file of a node.
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const std::size_t cut = bytes.find('\0');
    test::MemoryFiles files;
    files.add("fuzz.lab.toml", bytes.substr(0, cut));
    files.add("other", cut == std::string::npos ? "" : bytes.substr(cut + 1));
    files.add("fuzz/h1/etc/motd", "hello\n");

    topology::Sources sources;
    topology::Diagnostics diagnostics;
    topology::Numbering running;
    const topology::Lab lab =
        topology::expand(files, "fuzz.lab.toml", {}, sources, diagnostics, running);
    if (!diagnostics.failed()) check(lab);
    (void)topology::render(diagnostics.all(), sources, true);
    return 0;
}
