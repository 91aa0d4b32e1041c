#include "labd/spawner/memory_file.hpp"

#include "labd/init/failure.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace labd::spawner {

Fd memory_file(const char* name, const std::string& text) {
    Fd file(memfd_create(name, MFD_CLOEXEC));
    must(file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()),
         "write down", name);
    return file;
}

std::string text_of(const Fd& memory_file) {
    struct stat status {};
    must(fstat(memory_file.get(), &status) == 0, "look at a file in memory");
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    must(pread(memory_file.get(), text.data(), text.size(), 0) == status.st_size,
         "read a file in memory");
    return text;
}

}  // namespace labd::spawner
