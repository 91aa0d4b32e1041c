#include "labd/init/run.hpp"

#include "labd/init/pipe.hpp"

#include <csignal>

namespace labd::init {
namespace {

constexpr std::size_t tail_limit = 4096;
constexpr const char* log_name = "exec";

std::string in_one_line(const std::vector<std::string>& argv) {
    std::string line = "$";
    for (const std::string& word : argv) line += " " + word;
    return line + "\n";
}

}  // namespace

void Runs::start(const Command& command, milliseconds limit, const Reply& reply) {
    const Account account = account_of(command);
    Pipe pipe = make_pipe(account);
    const pid_t pid = launch(command, account, {-1, pipe.write.get(), pipe.write.get(), false});
    pipe.write.reset();
    auto run = std::make_shared<Run>(reply);
    logs_.of(log_name).add(in_one_line(command.argv));
    run->output = outputs_.read(std::move(pipe.read), [this, run](std::string_view bytes) {
        logs_.of(log_name).add(bytes);
        run->tail += bytes;
        if (run->tail.size() > tail_limit) run->tail.erase(0, run->tail.size() - tail_limit);
    });
    children_.await(pid, [this, run](int wait_status) { ended(run, wait_status); });
    if (limit.count() == 0) return;
    run->timer = loop_.after(limit, [run, pid] {
        run->timed_out = true;
        (void)kill(-pid, SIGKILL);
        signal_session(pid, SIGKILL);
    });
}

void Runs::ended(const std::shared_ptr<Run>& run, int wait_status) {
    loop_.cancel(run->timer);
    outputs_.drain(run->output);
    logs_.of(log_name).finish_line();
    run->reply.done([&](protocol::Packer& packet) {
        packet.u32(static_cast<std::uint32_t>(wait_status)).u32(run->timed_out ? 1 : 0);
        packet.text(run->tail);
    });
}

}  // namespace labd::init
