// The round: every department, in the order in which a person would repair things.
#include "labd/doctor.hpp"

#include "labd/doctor_parts.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <iterator>

namespace labd {
namespace {

struct Row {
    const char* name;
    std::function<doctor::Checks()> department;
};

std::vector<DoctorCheck> round(const std::vector<Row>& rows) {
    std::vector<DoctorCheck> checks;
    for (const auto& [name, department] : rows) {
        try {
            std::ranges::move(department(), std::back_inserter(checks));
        } catch (const std::exception& error) {  // one that cannot look does not hide the others
            checks.push_back({std::string("doctor: ") + name, false, false, error.what(),
                              "run labd on a machine of its own, as root or as yourself"});
        }
    }
    return checks;
}

}  // namespace

std::vector<DoctorCheck> examine(const DoctorInput& input) {
    const Row features{"kernel features", [&] { return doctor::kernel_features(input.rootless); }};
    const Row programs{"programs", doctor::programs};
    const Row leftovers{"leftovers", [&] { return doctor::leftovers(input); }};
    if (input.rootless)
        return round({{"rights", doctor::user_rights}, features, programs, leftovers});
    return round({{"rights", doctor::rights},
                  {"user namespaces", doctor::user_namespaces},
                  features,
                  {"limits", [&] { return doctor::limits(input); }},
                  {"ties", [&] { return doctor::ties(input); }},
                  {"other firewalls", doctor::other_firewalls},
                  programs,
                  leftovers});
}

std::vector<DoctorCheck> examine_user(const DoctorInput& input) {
    return round({{"user namespaces", doctor::user_namespaces},
                  {"user ids", doctor::user_ids},
                  {"devices", doctor::user_devices},
                  {"session", [&] { return doctor::user_session(input); }},
                  {"limits", [&] { return doctor::limits(input); }}});
}

}  // namespace labd
