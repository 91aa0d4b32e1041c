// The names of a lab's namespaces under /run/netns, which anybody with root may take away: no event
// tells of that.
#include "labd/engine.hpp"
#include "netlink/netns.hpp"

#include <sys/stat.h>

#include <stdexcept>

namespace labd {

namespace asio = boost::asio;

namespace {

topology::Action name_comes_back(const std::string& name) {
    return {"create", "name", name, "under /run/netns"};
}

// labd holds the namespace open: while it lives no other has its number.
bool is_still(const std::string& path, const NamespaceIdentity& known) {
    struct stat file {};
    return ::lstat(path.c_str(), &file) == 0 && file.st_dev == known.dev &&
           file.st_ino == known.inode;
}

}  // namespace

asio::awaitable<Engine::Names> Engine::look_at_names(std::shared_ptr<Lab> lab) {
    Names out;
    Worker::Job look = [&] {
        for (const auto& [space, live] : lab->spaces) {
            const std::string path = options_.netns_dir + "/" + lab->netns_name(space);
            if (is_still(path, live.netns)) continue;
            const auto found = identify_namespace(path);
            if (!found)
                out.missing.push_back(space);
            else if (!same(live.netns, *found))
                out.foreign.push_back(space);
        }
    };
    co_await kernel_.run(lab->name, std::move(look));
    co_return out;
}

asio::awaitable<std::vector<topology::Action>> Engine::missing_names(std::shared_ptr<Lab> lab) {
    const Names names = co_await look_at_names(lab);
    std::vector<topology::Action> out;
    for (const std::string& space : names.missing)
        out.push_back(name_comes_back(lab->netns_name(space)));
    for (const std::string& space : names.foreign)
        out.push_back({"update", "name", lab->netns_name(space),
                       "is another namespace's now, and in the way"});
    co_return out;
}

// One that means another namespace now is not ours, and nothing may be called so twice.
asio::awaitable<std::vector<topology::Action>> Engine::repair_names(std::shared_ptr<Lab> lab) {
    const Names names = co_await look_at_names(lab);
    if (!names.foreign.empty()) {
        const std::string name = lab->netns_name(names.foreign.front());
        throw UpFailure("busy",
                        options_.netns_dir + "/" + name + " is the name of another namespace now",
                        "ip netns delete " + name + ", if nobody needs that one; then again");
    }
    std::vector<topology::Action> out;
    Worker::Job pin = [&] {
        for (const std::string& space : names.missing) {
            const std::string name = lab->netns_name(space);
            (void)netlink::remove_leftover(options_.netns_dir, name);
            netlink::pin(options_.netns_dir, name, lab->kernel->netns(space));
            out.push_back(name_comes_back(name));
        }
    };
    if (!names.missing.empty()) co_await kernel_.run(lab->name, std::move(pin));
    co_return out;
}

}  // namespace labd
