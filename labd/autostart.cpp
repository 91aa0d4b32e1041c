#include "labd/autostart.hpp"

#include "labd/fail.hpp"
#include "labd/fd.hpp"
#include "labd/log.hpp"
#include "labd/slurp.hpp"
#include "topology/names.hpp"

#include <boost/json.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace labd {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::string_view suffix = ".json";

template <class Id>
Id id_of(const json::object& object, const char* key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0)
        throw BadRequest(std::string("it lacks \"") + key + "\"");
    return static_cast<Id>(value->get_int64());
}

Autostart::Kept parse(const std::string& name, const std::string& text) {
    json::error_code error;
    const json::value value = json::parse(text, error);
    const json::object* object = value.if_object();
    const json::value* bundle = object == nullptr ? nullptr : object->if_contains("bundle");
    if (error || bundle == nullptr) throw BadRequest("it is not what labd writes");
    Autostart::Kept kept;
    kept.name = name;
    kept.owner = id_of<uid_t>(*object, "owner");
    kept.group = id_of<gid_t>(*object, "group");
    kept.bundle = parse_bundle(json::serialize(*bundle));
    return kept;
}

}  // namespace

bool Autostart::keeps(const std::string& name) const {
    return ::access(path(name).c_str(), F_OK) == 0;
}

void Autostart::keep(const Kept& lab) const {
    const json::object object{{"owner", static_cast<std::int64_t>(lab.owner)},
                              {"group", static_cast<std::int64_t>(lab.group)},
                              {"bundle", json::parse(to_json(lab.bundle))}};
    const std::string text = json::serialize(object), to = path(lab.name), half = to + ".new";
    if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST)
        fail("cannot make " + directory_);
    const Fd file(
        ::open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) fail("cannot write " + half);
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t n = ::write(file.get(), text.data() + done, text.size() - done);
        if (n < 0) fail("cannot write " + half);
        done += static_cast<std::size_t>(n);
    }
    if (::fsync(file.get()) != 0) fail("cannot write " + half);
    if (::rename(half.c_str(), to.c_str()) != 0) fail("cannot replace " + to);
    const Fd folder(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder) (void)::fsync(folder.get());
}

void Autostart::forget(const std::string& name) const {
    (void)::unlink(path(name).c_str());
}

std::vector<Autostart::Kept> Autostart::all() const {
    std::vector<std::string> names;
    std::error_code none;  // no folder: nothing is kept
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_, none)) {
        const std::string file = entry.path().filename();
        if (!file.ends_with(suffix)) continue;
        std::string name = file.substr(0, file.size() - suffix.size());
        if (topology::is_name(name)) names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    std::vector<Kept> out;
    for (const std::string& name : names) {
        try {
            out.push_back(parse(name, slurp(path(name))));
        } catch (const std::exception& error) {
            log::error(path(name) + ": " + error.what());
        }
    }
    return out;
}

}  // namespace labd
