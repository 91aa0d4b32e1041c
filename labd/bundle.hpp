// What a client sends for a lab: the topology file and the files it names, as texts. labd never
// opens a path of the user's.
#pragma once

#include "topology/resolve.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>

namespace labd {

struct Bundle {
    std::string main;    // the topology file's name among `files`
    std::string source;  // where the client read it, for people
    std::map<std::string, topology::Files::Entry> files;
    std::map<std::string, std::string> set;
    std::optional<std::string> name;
    // What the lab held when this came to change it (topology::Numbering as text): labd's own word,
    // never a client's. With it the bundle says the same numbers for ever.
    std::string numbering;
};

struct UpRequest {
    Bundle bundle;
    double wait_s = 0;  // also wait for routing, at most so long; 0: do not
    bool dry_run = false;
    std::vector<std::string> recreate;
    bool keep_on_failure = false;
    bool autostart = false;  // it comes back after a boot, until it is taken down
    bool renumber = false;   // names and numbers as a fresh lab would get them
};

struct BadRequest : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Throws BadRequest with what is wrong.
UpRequest parse_up_request(const std::string& json);
std::string to_json(const Bundle& bundle);
Bundle parse_bundle(const std::string& json);

class BundleFiles : public topology::Files {
  public:
    explicit BundleFiles(const Bundle& bundle) : bundle_(bundle) {}
    std::optional<Entry> read(const std::string& path) override;
    std::vector<std::string> list(const std::string& folder) override;

  private:
    const Bundle& bundle_;
};

topology::Resolved resolve(const Bundle& bundle);

}  // namespace labd
