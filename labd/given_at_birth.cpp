#include "labd/given_at_birth.hpp"

#include "labd/birth_sysctls.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace labd {

namespace asio = boost::asio;

asio::awaitable<std::map<std::string, std::string>> given_at_birth(std::shared_ptr<NodeDoor> first,
                                                                   std::shared_ptr<NodeDoor> last) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : birth_sysctls(topology::Node{}, 0)) keys.push_back(key);
    std::vector<std::string> of_first = keys, of_last = keys;
    of_first = co_await first->read_sysctls(std::move(of_first));
    of_last = co_await last->read_sysctls(std::move(of_last));
    std::map<std::string, std::string> given;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (of_first[i] != of_last[i]) continue;
        std::replace(of_first[i].begin(), of_first[i].end(), '\t', ' ');
        given.emplace(keys[i], std::move(of_first[i]));
    }
    co_return given;
}

}  // namespace labd
