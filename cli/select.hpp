// Which lab and which file a command is about, by the order of ux.md §1.1: -L, LAB_NAME, the
// topology in this folder, the only running lab.
#pragma once

#include "cli/client.hpp"
#include "cli/options.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cli {

struct FilePlace {
    std::string folder = ".";  // what the file's own paths are relative to
    std::string name;          // "two.lab.toml"; "-" = standard input
    std::string shown() const { return folder == "." ? name : folder + "/" + name; }
};

// The file named, or lab.toml in the folder named; with "" lab.toml or the only *.lab.toml of the
// present folder, or of several the one whose lab is called `lab`. Throws Failure usage with what
// to do.
FilePlace choose_file(const std::string& named, const std::string& lab = "");
std::optional<FilePlace> file_here(const std::string& lab = "");

std::string folder_name(const std::string& folder);  // "." → "net"

// What the file calls its lab, without resolving it: broken files have names, too.
std::optional<std::string> lab_name_of(const FilePlace& place);

// Throws Failure no_such_lab that lists the candidates.
std::string choose_lab(const Globals& globals, const Client& client);

// -L, LAB_NAME or the file here; nullopt when labd has to be asked.
std::optional<std::string> lab_without_asking(const Globals& globals);

}  // namespace cli
