#include "labd/doctor.hpp"

#include <boost/json.hpp>

namespace labd {

std::string to_json(const std::vector<DoctorCheck>& checks) {
    boost::json::array array;
    for (const DoctorCheck& check : checks)
        array.emplace_back(boost::json::object{{"name", check.name},
                                               {"ok", check.ok},
                                               {"needed", check.needed},
                                               {"detail", check.detail},
                                               {"fix", check.fix}});
    return boost::json::serialize(array);
}

}  // namespace labd
