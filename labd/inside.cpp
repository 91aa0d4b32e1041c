// What nodes hold besides their network, held against what labd brought there. No event tells of
// it, so it is looked at when somebody asks: sysctls, files and rulesets that the lab's file speaks
// of.
#include "labd/additions.hpp"
#include "labd/born_settings.hpp"
#include "labd/engine.hpp"
#include "labd/init/digest.hpp"

#include <algorithm>

namespace labd {

namespace asio = boost::asio;
using topology::StrayFile;

namespace {

constexpr std::size_t nodes_at_once = 32, files_at_once = 256;
// A job of the kernel thread stays near 5 ms, and a status of a big lab as quick as it is.
constexpr std::size_t births_a_job = 32, births_at_once = 16;

// As the kernel shows it: one blank between numbers, none around them.
std::string plain(const std::string& value) {
    std::string out;
    bool gap = false;
    for (const char c : value) {
        const bool blank = c == ' ' || c == '\t' || c == '\n';
        if (!blank && gap && !out.empty()) out += ' ';
        gap = blank;
        if (!blank) out += c;
    }
    return out;
}

// What lies in /etc is configuration, and the lab file's. Elsewhere a file is what its node's
// programs and users began with.
bool is_configuration(const std::string& path) {
    return path.starts_with("/etc/");
}

// What labd writes for no program of the lab's, as /etc/gai.conf, is in every node and nobody's to
// edit: who only looks asks no init for that.
bool counts(const topology::Node& node, const topology::File& file) {
    return file.origin != topology::File::Origin::generated || !node.services.empty();
}

// Those that labd knows to have brought there, as its wish says.
std::vector<NodeDoor::FileMark> brought_files(const topology::Node& node,
                                              const topology::Contents& wished,
                                              const topology::Contents& held) {
    std::vector<NodeDoor::FileMark> out;
    for (const auto& [path, file] : node.files) {
        const auto wish = wished.files.find(path), has = held.files.find(path);
        const bool known =
            wish != wished.files.end() && has != held.files.end() && counts(node, file);
        if (known && wish->second == has->second)
            out.push_back({path, file.content.size(), content_digest(file.content)});
    }
    return out;
}

// Of those that are as they were written. An init that was born of an earlier labd knows nothing of
// the question.
asio::awaitable<void> look_at_rights(std::shared_ptr<NodeDoor> door, const topology::Node& node,
                                     const std::vector<NodeDoor::FileMark>& files, Strays& strays) {
    std::vector<NodeDoor::FileRights> asked;
    for (const NodeDoor::FileMark& mark : files) {
        const topology::File& file = node.files.at(mark.path);
        if (is_configuration(mark.path) && !strays.files.contains(mark.path))
            asked.push_back({mark.path, file.mode, file.owner, file.group});
    }
    for (std::size_t from = 0; from < asked.size(); from += files_at_once) {
        const auto begin = asked.begin() + static_cast<std::ptrdiff_t>(from);
        const std::size_t count = std::min(files_at_once, asked.size() - from);
        std::vector<NodeDoor::FileRights> some(begin, begin + static_cast<std::ptrdiff_t>(count));
        try {
            for (const std::string& path : co_await door->other_rights(std::move(some)))
                strays.files[path] = StrayFile::rights;
        } catch (const std::exception&) {
            co_return;
        }
    }
}

}  // namespace

// Whoever has put more there may keep it.
asio::awaitable<bool> Engine::has_lost_rules(std::shared_ptr<Lab> lab, std::string node) {
    const auto live = lab->nodes.find(node);
    if (live == lab->nodes.end() || live->second.ruleset.empty()) co_return false;
    const std::map<std::string, std::size_t> loaded = live->second.ruleset;
    std::optional<std::map<std::string, std::size_t>> now;
    Worker::Job read = [&] { now = lab->kernel->ruleset(node); };
    co_await kernel_.run(lab->name, std::move(read));
    co_return now&& std::any_of(loaded.begin(), loaded.end(), [&](const auto& table) {
        const auto found = now->find(table.first);
        return found == now->end() || found->second < table.second;
    });
}

asio::awaitable<void> Engine::look_inside_node(std::shared_ptr<Lab> lab, std::string name,
                                               std::map<std::string, Strays>& to) {
    const auto live = lab->nodes.find(name);
    const auto wished = lab->desired.contents.find(name);
    const topology::Node* node = lab->wish.find(name);
    if (live == lab->nodes.end() || wished == lab->desired.contents.end() || node == nullptr)
        co_return;
    const std::shared_ptr<NodeDoor> door = live->second.door;
    const std::map<std::string, std::string> written = live->second.contents.sysctl;
    const std::vector<NodeDoor::FileMark> files =
        brought_files(*node, wished->second, live->second.contents);
    Strays strays;
    try {
        for (std::size_t from = 0; from < files.size(); from += files_at_once) {
            const auto begin = files.begin() + static_cast<std::ptrdiff_t>(from);
            const std::size_t count = std::min(files_at_once, files.size() - from);
            std::vector<NodeDoor::FileMark> some(begin, begin + static_cast<std::ptrdiff_t>(count));
            const auto states = co_await door->compare_files(std::move(some));
            for (std::size_t i = 0; i < count; ++i) {
                const std::string& path = files[from + i].path;
                if (states[i] == NodeDoor::FileState::gone)
                    strays.files[path] = StrayFile::gone;
                else if (states[i] == NodeDoor::FileState::changed && is_configuration(path))
                    strays.files[path] = StrayFile::changed;
            }
        }
        co_await look_at_rights(door, *node, files, strays);
        std::vector<std::string> keys;
        for (const auto& [key, value] : written)
            if (value != unsure) keys.push_back(key);
        std::vector<std::string> asked = keys;
        std::vector<std::string> values;
        if (!keys.empty()) values = co_await door->look_at_sysctls(std::move(asked));
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::string now = plain(values[i]);
            // It has gone with its interface, which the plan sees; its own words for the same value
            // are no difference.
            if (!now.empty() && now != plain(written.at(keys[i]))) strays.sysctl[keys[i]] = now;
        }
    } catch (const std::exception&) {
        co_return;  // a node that does not answer says nothing of what it holds
    }
    strays.ruleset = co_await has_lost_rules(lab, name);
    if (!(strays == Strays{})) to[name] = std::move(strays);
}

namespace {

// Its init says it, who is in the node: labd could go there, but without root not come back.
asio::awaitable<void> ask_name(std::shared_ptr<NodeDoor> door, std::string& name) {
    if (!door) co_return;
    try {
        std::vector<std::string> keys{"kernel.hostname"};
        const std::vector<std::string> values = co_await door->look_at_sysctls(std::move(keys));
        name = values.front();
    } catch (const std::exception&) {
        co_return;  // a node that does not answer says nothing of its name
    }
}

}  // namespace

// A name and some twenty files of each node, and a lab may have a thousand: of many nodes some are
// looked at each time, and those at which something was found before.
asio::awaitable<void> Engine::look_at_births(std::shared_ptr<Lab> lab, bool all,
                                             std::map<std::string, Strays>& to) {
    struct Inquiry {
        std::string node, name, wished;
        bool asks_name = false;
        std::vector<std::pair<std::string, std::string>> settings;
        std::vector<std::string> now;
    };
    std::vector<Inquiry> births;
    std::set<std::string> due;
    for (const auto& [name, live] : lab->nodes)
        if (live.door && live.started) due.insert(name);
    if (!all) {
        std::set<std::string> next = turn_of(lab->turn, due, births_at_once);
        for (const auto& [name, before] : lab->strays)
            if ((before.hostname || !before.born.empty()) && due.contains(name)) next.insert(name);
        due = std::move(next);
    }
    for (const auto& [name, live] : lab->nodes) {
        const topology::Node* node = lab->wish.find(name);
        const auto contents = lab->desired.contents.find(name);
        if (!due.contains(name) || node == nullptr || contents == lab->desired.contents.end())
            continue;
        Inquiry birth;
        birth.node = name;
        birth.wished = contents->second.hostname;
        birth.asks_name = !birth.wished.empty() && !names_itself(*node);
        birth.settings = born_settings(*node, lab->desired);
        births.push_back(std::move(birth));
    }
    for (std::size_t from = 0; from < births.size(); from += births_a_job) {
        const std::size_t end = std::min(from + births_a_job, births.size());
        std::vector<Task> tasks;
        for (std::size_t i = from; i < end; ++i)
            if (births[i].asks_name)
                tasks.emplace_back([lab, &birth = births[i]] {
                    return ask_name(lab->door_of(birth.node), birth.name);
                });
        co_await gather(std::move(tasks));
        Worker::Job look = [&, from] {
            for (std::size_t i = from; i < end; ++i) {
                Inquiry& birth = births[i];
                std::vector<std::string> keys;
                for (const auto& setting : birth.settings) keys.push_back(setting.first);
                try {
                    if (!keys.empty()) birth.now = lab->kernel->settings(birth.node, keys);
                } catch (const KernelError&) {
                    birth.now.clear();  // a change has taken it away
                }
            }
        };
        co_await kernel_.run(lab->name, std::move(look));
    }
    for (const Inquiry& birth : births) {
        if (!birth.name.empty() && birth.name != birth.wished) to[birth.node].hostname = birth.name;
        for (std::size_t i = 0; i < birth.now.size(); ++i) {
            const auto& [key, value] = birth.settings[i];
            if (!birth.now[i].empty() && birth.now[i] != value)
                to[birth.node].born[key] = {birth.now[i], value};
        }
    }
}

asio::awaitable<void> Engine::look_inside(std::shared_ptr<Lab> lab, bool all) {
    std::map<std::string, Strays> found;
    std::vector<Task> tasks;
    for (const topology::Node& node : lab->wish.nodes) {
        const auto live = lab->nodes.find(node.name);
        if (live == lab->nodes.end() || !live->second.door || !live->second.started) continue;
        const bool any = std::any_of(node.files.begin(), node.files.end(),
                                     [&](const auto& file) { return counts(node, file.second); });
        if (any || !live->second.contents.sysctl.empty() || !live->second.ruleset.empty())
            tasks.emplace_back([this, lab, name = node.name, &found] {
                return look_inside_node(lab, name, found);
            });
    }
    if (!tasks.empty()) co_await gather(std::move(tasks), nodes_at_once);
    co_await look_at_births(lab, all, found);
    if (found == lab->strays) co_return;
    lab->strays = std::move(found);
    lab->judged = false;
}

namespace {

void put(const Strays& strays, topology::Contents& held) {
    if (strays.ruleset) held.nft = by_hand;
    if (strays.hostname) held.hostname = *strays.hostname;
    for (const auto& [key, value] : strays.sysctl) held.sysctl[key] = value;
    // Unasked, as it were: it goes back to what it was at birth.
    for (const auto& [key, value] : strays.born) held.sysctl[key] = value.first;
    for (const auto& [path, what] : strays.files) {
        if (what == StrayFile::gone)
            held.files.erase(path);
        else
            held.files[path] = what == StrayFile::rights ? rights_by_hand : by_hand;
    }
}

}  // namespace

void Engine::tell_strays(const Lab& lab, topology::State& state) {
    for (const auto& [node, strays] : lab.strays)
        if (const auto held = state.contents.find(node); held != state.contents.end())
            put(strays, held->second);
}

// Before a change that has been planned with them is carried out.
void Engine::believe_strays(Lab& lab) {
    for (const auto& [node, strays] : lab.strays)
        if (const auto live = lab.nodes.find(node); live != lab.nodes.end()) {
            put(strays, live->second.contents);
            for (const auto& [key, value] : strays.born)
                live->second.sysctl_before[key] = value.second;
        }
}

}  // namespace labd
