// A topology with all the files it reads: resolved here first, so that a wrong file never reaches
// labd, then sent as texts, so that labd never opens a path of the user's.
#pragma once

#include "cli/client.hpp"
#include "cli/options.hpp"
#include "cli/select.hpp"
#include "topology/resolve.hpp"

#include <map>
#include <string>

namespace cli {

struct Bundle {
    std::string main;    // the topology's name among `files`
    std::string source;  // absolute path, for people
    std::string name;    // given on the command line, or the folder's; "" = the file's own
    std::map<std::string, topology::Files::Entry> files;
    topology::Resolved resolved;
};

// Of a lab whose mistakes alone are wanted, as before it is sent, the static routes are not
// computed.
enum class Wanted { lab, mistakes };

// Reads and resolves. Never throws for mistakes in the file: they are in resolved.diagnostics.
Bundle read_bundle(const FilePlace& place, const FileOptions& options, Wanted wanted = Wanted::lab);

// The same from what a running lab was made of.
Bundle running_bundle(const Client& client, const std::string& lab);

// The bundle that `show`, `graph` and `validate` are about: the file named; with -L the running
// lab; else the file here, else the only running lab.
Bundle any_bundle(const Globals& globals, const FileOptions& options);

// Throws Failure invalid_topology when there are errors; otherwise prints warnings to stderr, and
// with `notices` (or -v) also what the file says in vain.
void require_valid(const Bundle& bundle, const Globals& globals, bool notices = false);

// The body of PUT /v1/labs/LAB.
std::string put_body(const Bundle& bundle, const UpOptions& options);

}  // namespace cli
