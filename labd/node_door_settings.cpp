// A node's sysctls and files: written, read, and compared with what they should be.
#include "labd/node_door.hpp"
#include "labd/node_door_parts.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace labd {

namespace asio = boost::asio;
using protocol::Door;
using protocol::Packer;
using protocol::Unpacker;

asio::awaitable<void> NodeDoor::sysctl(std::vector<std::pair<std::string, std::string>> values) {
    const std::uint32_t id = next_id_++;
    std::vector<std::string> keys, settings;
    for (auto& [key, value] : values) keys.push_back(key), settings.push_back(value);
    Packer packet(door::code(Door::sysctl), id);
    packet.list(keys).list(settings);
    (void)co_await ask(std::move(packet), id, "set sysctls", door::answer_limit);
}

asio::awaitable<std::string> NodeDoor::read_sysctl(std::string key) {
    std::vector<std::string> keys{std::move(key)};
    const std::vector<std::string> values = co_await read_sysctls(std::move(keys));
    co_return values.front();
}

asio::awaitable<std::vector<std::string>> NodeDoor::read_sysctls(std::vector<std::string> keys) {
    return read_sysctls_within(std::move(keys), door::answer_limit);
}

asio::awaitable<std::vector<std::string>> NodeDoor::look_at_sysctls(std::vector<std::string> keys) {
    return read_sysctls_within(std::move(keys), door::look_limit);
}

asio::awaitable<std::vector<std::string>> NodeDoor::read_sysctls_within(
    std::vector<std::string> keys, std::chrono::milliseconds limit) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::read_sysctl), id);
    packet.list(keys);
    const std::string payload = co_await ask(std::move(packet), id, "read sysctls", limit);
    Unpacker in(payload);
    std::vector<std::string> values = in.list();
    values.resize(keys.size());
    for (std::string& value : values) value = door::tame(value, 4096);
    co_return values;
}

asio::awaitable<void> NodeDoor::write_file(std::string path, topology::File file, bool keep) {
    std::size_t offset = 0;
    do {
        const std::size_t n = std::min(protocol::chunk_limit, file.content.size() - offset);
        const std::uint32_t id = next_id_++;
        const bool last = offset + n == file.content.size();
        Packer packet(door::code(Door::write_file), id);
        packet.text(path).u32(file.mode).text(file.owner).text(file.group);
        packet.u32(static_cast<std::uint32_t>(offset)).u32(!last ? 0 : keep ? 2 : 1);
        packet.text(std::string_view(file.content).substr(offset, n));
        (void)co_await ask(std::move(packet), id, "write " + path, door::answer_limit);
        offset += n;
    } while (offset < file.content.size());
}

asio::awaitable<std::vector<NodeDoor::FileState>> NodeDoor::compare_files(
    std::vector<FileMark> files) {
    const std::uint32_t id = next_id_++;
    std::vector<std::string> paths, sizes, digests;
    for (FileMark& file : files) {
        paths.push_back(std::move(file.path));
        sizes.push_back(std::to_string(file.size));
        digests.push_back(std::move(file.digest));
    }
    Packer packet(door::code(Door::compare_files), id);
    packet.list(paths).list(sizes).list(digests);
    const std::string payload =
        co_await ask(std::move(packet), id, "look at files", door::look_limit);
    Unpacker in(payload);
    const std::vector<std::string> words = in.list();
    std::vector<FileState> out;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const std::string word = i < words.size() ? words[i] : "";
        out.push_back(word == "gone"      ? FileState::gone
                      : word == "changed" ? FileState::changed
                                          : FileState::same);
    }
    co_return out;
}

asio::awaitable<std::vector<std::string>> NodeDoor::other_rights(std::vector<FileRights> files) {
    const std::uint32_t id = next_id_++;
    std::vector<std::string> paths, modes, owners, groups, out;
    for (FileRights& file : files) {
        std::array<char, 16> octal{};
        (void)std::snprintf(octal.data(), octal.size(), "%o", file.mode & 07777U);
        paths.push_back(std::move(file.path));
        modes.emplace_back(octal.data());
        owners.push_back(std::move(file.owner));
        groups.push_back(std::move(file.group));
    }
    Packer packet(door::code(Door::compare_rights), id);
    packet.list(paths).list(modes).list(owners).list(groups);
    const std::string payload =
        co_await ask(std::move(packet), id, "look at the owners of files", door::look_limit);
    Unpacker in(payload);
    const std::vector<std::string> words = in.list();
    for (std::size_t i = 0; i < std::min(paths.size(), words.size()); ++i)
        if (words[i] == "other") out.push_back(paths[i]);
    co_return out;
}

asio::awaitable<void> NodeDoor::remove_file(std::string path) {
    const std::uint32_t id = next_id_++;
    Packer packet(door::code(Door::remove_file), id);
    packet.text(path);
    (void)co_await ask(std::move(packet), id, "remove " + path, door::answer_limit);
}

}  // namespace labd
