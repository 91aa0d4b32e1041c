#include "labd/lab.hpp"

#include "labd/fail.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>

namespace labd {

const char* word(LabState state) {
    switch (state) {
        case LabState::building:
            return "building";
        case LabState::up:
            return "up";
        case LabState::degraded:
            return "degraded";
        case LabState::stopping:
            return "stopping";
    }
    return "unknown";
}

Lab::Lab(boost::asio::io_context& loop, std::string lab_name, std::string lab_directory,
         std::unique_ptr<Kernel> lab_kernel)
    : name(std::move(lab_name)),
      directory(std::move(lab_directory)),
      kernel(std::move(lab_kernel)),
      looked(loop),
      changing(loop),
      breaking(loop),
      changed(loop) {
    if (kernel) kernel->belong_to(name);
    std::filesystem::create_directories(directory + "/doors");
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
    const std::string path = directory + "/doors";
    doors.reset(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!doors) fail("cannot open " + path);
    journal = std::make_unique<Journal>(directory + "/journal");
}

Lab::~Lab() {
    for (auto& [node_name, node] : nodes)
        if (node.door) node.door->close();
}

std::shared_ptr<NodeDoor> Lab::door_of(const std::string& node) const {
    const auto found = nodes.find(node);
    if (found == nodes.end() || !found->second.door)
        throw std::runtime_error(node + ": its init is gone");
    return found->second.door;
}

bool Lab::has_lost_spawner() const {
    return (spawner && !spawner->lives()) || (open_spawner && !open_spawner->lives());
}

std::map<std::string, topology::Contents> Lab::contents() const {
    std::map<std::string, topology::Contents> all;
    for (const auto& [node_name, node] : nodes) all[node_name] = node.contents;
    return all;
}

}  // namespace labd
