#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace labd::init {

struct FilePart {
    std::string path;  // absolute, as the node sees it
    std::uint32_t mode = 0;
    std::string owner, group;  // names or numbers; "" = root and the owner's primary one
    std::uint32_t offset = 0;
    bool last = true;
    bool keep = false;  // what is there stays as PATH~
    std::string data;
};

// Writes one part of a file beside its place; the last one puts it there by rename, so that nobody
// in the node ever reads half of it. Throws Failure.
void write_file_part(const FilePart& part);
// A file or an empty directory; an absent one is fine, and a directory with something in it stays.
// A file of /etc or /var that had taken the place of one the node was born with gives it back.
// Throws Failure.
void remove_file(const std::string& path);
// "same" when the file is one of that size and digest (digest.hpp), else "changed" or
// "gone".
const char* compare_file(const std::string& path, const std::string& size,
                         const std::string& digest);
// "same" when its mode, in octal, and its owner are those, else "other". What is no file, or is not
// there, is the same: its content is said to be another one.
const char* compare_rights(const std::string& path, const std::string& mode,
                           const std::string& owner, const std::string& group);

}  // namespace labd::init
