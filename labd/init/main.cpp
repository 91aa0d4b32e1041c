// lab-init: what labd has done by processes of their own. `--spawner=OWNER` makes a lab's nodes,
// each of which is PID 1 of what it has been born into (live.hpp), `--open-spawner` those without a
// boundary; `--holder` and `--outside` serve a labd without root.
#include "labd/init/live.hpp"
#include "labd/spawner/holder.hpp"
#include "labd/spawner/outside.hpp"
#include "labd/spawner/spawner.hpp"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

int main(int argc, char** argv) {
    labd::init::keep_title(argc, argv);
    const auto role = [&](const char* name) {
        return argc == 2 && std::strcmp(argv[1], name) == 0;
    };
    constexpr std::string_view spawner = "--spawner=";
    if (argc == 2 && std::string_view(argv[1]).starts_with(spawner))
        return labd::spawner::serve(
            static_cast<uid_t>(std::strtoul(argv[1] + spawner.size(), nullptr, 10)));
    if (role("--open-spawner")) return labd::spawner::serve_open();
    if (role("--outside")) return labd::spawner::serve_outside();
    if (role("--holder")) return labd::spawner::hold();
    constexpr char text[] = "lab-init is started by labd, to be PID 1 of its nodes.\n";
    (void)!write(2, text, sizeof text - 1);
    return 2;
}
