// Files from a directory, never leaving it: the command line reads topologies from the disk, labd
// never does.
#pragma once

#include "topology/resolve.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cli {

class DiskFiles : public topology::Files {
  public:
    // Throws std::system_error when `folder` cannot be opened.
    explicit DiskFiles(const std::string& folder);
    ~DiskFiles() override;
    DiskFiles(const DiskFiles&) = delete;
    DiskFiles& operator=(const DiskFiles&) = delete;

    std::optional<Entry> read(const std::string& path) override;
    std::vector<std::string> list(const std::string& folder) override;

  private:
    int x_folder = -1;
};

// Remembers what was read through it: exactly that is what the command line sends to labd.
class RecordingFiles : public topology::Files {
  public:
    explicit RecordingFiles(topology::Files& files) : x_files(files) {}

    std::optional<Entry> read(const std::string& path) override;
    std::vector<std::string> list(const std::string& folder) override;

    const std::map<std::string, Entry>& recorded() const { return x_recorded; }

  private:
    topology::Files& x_files;
    std::map<std::string, Entry> x_recorded;
};

}  // namespace cli
