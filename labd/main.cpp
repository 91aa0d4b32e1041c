// labd: keeps labs of network namespaces what their topology files say.
#include "labd/daemon.hpp"
#include "labd/doctor.hpp"
#include "labd/keeper.hpp"
#include "labd/options.hpp"
#include "labd/parser/child.hpp"

#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

int main(int argc, char** argv) try {
    if (argc == 2 && argv[1] == std::string_view(labd::parser::role))
        return labd::parser::serve(labd::parser::socket_fd);
    if (argc > 1 && argv[1] == std::string_view(labd::keeper::role))
        return labd::keeper::serve(argc, argv);
    const labd::ParsedOptions parsed =
        labd::parse_options(std::vector<std::string>(argv + 1, argv + argc));
    if (!parsed.options) {
        (parsed.status == 0 ? std::cout : std::cerr) << parsed.text;
        return parsed.status;
    }
    const labd::Options& options = *parsed.options;
    if (options.doctor) {
        labd::DoctorInput input;
        input.state_dir = options.state_dir;
        input.known.run_dir = options.run_dir;
        input.known.netns_dir = options.netns_dir;
        std::cout << labd::to_json(labd::examine_user(input)) << '\n';
        return 0;
    }
    return labd::serve(options);
} catch (const std::exception& error) {
    std::cerr << "labd: " << error.what() << '\n';
    return 1;
}
