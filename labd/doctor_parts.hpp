// The doctor's departments. Each is a table of small probes in a file of its own.
#pragma once

#include "labd/doctor.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace labd::doctor {

using Checks = std::vector<DoctorCheck>;

Checks rights();                                // who labd is, what it may
Checks user_rights();                           // of a labd without root
Checks user_ids();                              // subordinate ids: by having them mapped
Checks user_devices();                          // devices of the host that nodes would like
Checks user_session(const DoctorInput& input);  // how long what the user starts may live
Checks kernel_features(bool rootless);          // devices, queues, nftables: by making them
// Of these kinds (DeviceKind's words, "bridge with VLANs", "mpls") those that this kernel lacks,
// each with the module that would bring it.
std::map<std::string, std::string> absent_kinds(const std::set<std::string>& kinds);
Checks user_namespaces();                    // and what has to work inside: by doing it
Checks limits(const DoctorInput& input);     // sysctls and file systems
Checks ties(const DoctorInput& input);       // what the host holds for labs
Checks other_firewalls();                    // who else has a say in what the host forwards
Checks programs();                           // what nodes run, and the packages that bring it
Checks leftovers(const DoctorInput& input);  // names and folders that no lab knows

// The sysctl that forbids user namespaces and what to do about it. `read` gives a sysctl's number.
using ReadSysctl = std::function<std::optional<std::uint64_t>(const std::string& path)>;
std::string reason_against_user_namespaces(const ReadSysctl& read);

// The number in a file of /proc/sys; nothing when this kernel has no such file.
std::optional<std::uint64_t> sysctl(const std::string& path);

}  // namespace labd::doctor
