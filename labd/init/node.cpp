#include "labd/init/node.hpp"

#include "labd/init/failure.hpp"
#include "labd/init/files.hpp"
#include "labd/init/socket.hpp"
#include "labd/init/sysctl.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace labd::init {
namespace {

using protocol::Unpacker;
using Message = protocol::Door;

// Everything of a request must be there, and nothing more.
void check(const Unpacker& in) {
    if (!in.done()) throw Failure{EPROTO, "read a request"};
}

Command read_command(Unpacker& in) {
    Command command;
    command.argv = in.list();
    command.env = in.list();
    command.user = in.text();
    command.dir = in.text();
    return command;
}

ServiceSpec read_service(Unpacker& in) {
    ServiceSpec spec;
    spec.name = in.text();
    spec.command = read_command(in);
    spec.ready = static_cast<protocol::ReadyKind>(in.u32());
    spec.argument = in.text();
    spec.restart = static_cast<protocol::Restart>(in.u32());
    spec.stop_signal = static_cast<int>(in.u32());
    spec.grace = milliseconds(in.u32());
    spec.configures = in.list();
    return spec;
}

Fd one_fd(std::vector<Fd>& fds) {
    if (fds.size() != 1) throw Failure{EPROTO, "take over a client"};
    return std::move(fds[0]);
}

void set_hostname(const std::string& name) {
    must(sethostname(name.data(), name.size()) == 0, "set the host name", name);
    FilePart file;
    file.path = "/etc/hostname";
    file.mode = 0644;
    file.owner = file.group = "root";
    file.last = true;
    file.data = name + "\n";
    write_file_part(file);
}

}  // namespace

Node::Node(Fd door, Fd start)
    : children_(loop_),
      sessions_(loop_, children_),
      log_sessions_(loop_, logs_),
      outputs_(loop_),
      runs_(loop_, children_, logs_, outputs_),
      services_({loop_, children_, logs_, outputs_,
                 [this](const Service& service) {
                     protocol::Packer event(static_cast<std::uint32_t>(Message::service_state), 0);
                     service.pack(event);
                     door_.tell_all(event.bytes());
                 }}),
      start_(std::move(start)),
      door_(loop_, std::move(door),
            [this](Message type, Unpacker& in, std::vector<Fd> fds, const Reply& reply) {
                rest_soon();
                request(type, in, std::move(fds), reply);
            }) {}

void Node::run(gid_t last_group) {
    // no_new_privs voids ping's file capability, so everybody may open a ping socket (icmp(7)).
    try {
        write_sysctl("net/ipv4/ping_group_range",
                     "0 " + std::to_string(std::min(last_group, 65535U)));
    } catch (const Failure& failure) {
        protocol::Packer packet(static_cast<std::uint32_t>(protocol::Start::failed), 0);
        packet.u32(static_cast<std::uint32_t>(failure.error)).text(failure.step);
        if (start_) (void)say(start_.get(), packet.bytes(), {}, 0);
        throw;
    }
    await_commit();
    loop_.run();
}

// Until labd has this node in its journal, the node lives no longer than labd.
void Node::await_commit() {
    if (!start_) return;
    const protocol::Packer ready(static_cast<std::uint32_t>(protocol::Start::ready), 0);
    if (say(start_.get(), ready.bytes(), {}, MSG_DONTWAIT) != 0) _exit(0);
    loop_.watch(start_.get(), POLLIN | POLLRDHUP, [this](std::uint32_t) {
        if (hear(start_.get(), MSG_DONTWAIT).what == Heard::What::gone) _exit(0);
    });
}

void Node::commit() {
    if (!start_) return;
    loop_.forget(start_.get());
    start_.reset();
}

void Node::request(Message type, Unpacker& in, std::vector<Fd> fds, const Reply& reply) {
    switch (type) {
        case Message::commit:
            check(in);
            commit();
            return reply.done();
        case Message::sysctl: {
            const std::vector<std::string> keys = in.list(), values = in.list();
            check(in);
            if (keys.size() != values.size()) throw Failure{EPROTO, "read a request"};
            for (std::size_t i = 0; i < keys.size(); ++i) write_sysctl(keys[i], values[i]);
            return reply.done();
        }
        case Message::session: {
            const Command command = read_command(in);
            Terminal terminal;
            terminal.wanted = in.u32() != 0;
            terminal.rows = in.u32();
            terminal.columns = in.u32();
            check(in);
            Fd client = one_fd(fds);
            reply.done();
            return sessions_.start(std::move(client), command, terminal);
        }
        case Message::write_file: {
            FilePart part;
            part.path = in.text();
            part.mode = in.u32();
            part.owner = in.text();
            part.group = in.text();
            part.offset = in.u32();
            const std::uint32_t last = in.u32();
            part.last = last != 0;
            part.keep = last == 2;
            part.data = in.text();
            check(in);
            write_file_part(part);
            return reply.done();
        }
        case Message::remove_file: {
            const std::string path = in.text();
            check(in);
            remove_file(path);
            return reply.done();
        }
        case Message::run: {
            const Command command = read_command(in);
            const milliseconds limit(in.u32());
            check(in);
            return runs_.start(command, limit, reply);
        }
        case Message::logs:
            return open_logs(in, std::move(fds), reply);
        case Message::states:
            check(in);
            return reply.done([this](protocol::Packer& packet) { services_.pack(packet); });
        case Message::pause: {
            const bool stop = in.u32() != 0;
            check(in);
            // ESRCH: nothing else runs here.
            must(kill(-1, stop ? SIGSTOP : SIGCONT) == 0 || errno == ESRCH,
                 stop ? "stop the processes" : "let the processes go on");
            return reply.done();
        }
        case Message::read_sysctl: {
            const std::vector<std::string> keys = in.list();
            check(in);
            std::vector<std::string> values;
            for (const std::string& key : keys) values.push_back(read_sysctl(key));
            return reply.done([&](protocol::Packer& packet) { packet.list(values); });
        }
        case Message::compare_files: {
            const auto paths = in.list(), sizes = in.list(), digests = in.list();
            check(in);
            if (paths.size() != sizes.size() || paths.size() != digests.size())
                throw Failure{EPROTO, "read a request"};
            std::vector<std::string> states;
            for (std::size_t i = 0; i < paths.size(); ++i)
                states.emplace_back(compare_file(paths[i], sizes[i], digests[i]));
            return reply.done([&](protocol::Packer& packet) { packet.list(states); });
        }
        case Message::compare_rights: {
            const auto paths = in.list(), modes = in.list(), owners = in.list(), groups = in.list();
            check(in);
            for (const auto* list : {&modes, &owners, &groups})
                if (list->size() != paths.size()) throw Failure{EPROTO, "read a request"};
            std::vector<std::string> answers;
            for (std::size_t i = 0; i < paths.size(); ++i)
                answers.emplace_back(compare_rights(paths[i], modes[i], owners[i], groups[i]));
            return reply.done([&](protocol::Packer& packet) { packet.list(answers); });
        }
        case Message::hostname: {
            const std::string name = in.text();
            check(in);
            set_hostname(name);
            return reply.done();
        }
        case Message::shutdown: {
            const milliseconds grace(in.u32());
            check(in);
            return shut_down(grace, reply);
        }
        default:
            return request_service(type, in, reply);
    }
}

void Node::request_service(Message type, Unpacker& in, const Reply& reply) {
    if (type == Message::put_service) {
        const ServiceSpec spec = read_service(in);
        check(in);
        services_.put(spec);
        return reply.done();
    }
    const std::string name = in.text();
    check(in);
    switch (type) {
        case Message::start_service:
            return services_.start(name, [reply](int error, const std::string& text) {
                if (error == 0)
                    reply.done();
                else
                    reply.failed(error, text);
            });
        case Message::stop_service:
            return services_.at(name).stop([reply] { reply.done(); });
        case Message::remove_service:
            return services_.remove(name, [reply] { reply.done(); });
        default:
            throw Failure{ENOSYS, "serve this request"};
    }
}

void Node::open_logs(Unpacker& in, std::vector<Fd> fds, const Reply& reply) {
    const std::string service = in.text();
    const bool follow = in.u32() != 0;
    const std::uint32_t lines = in.u32();
    check(in);
    Fd client = one_fd(fds);
    reply.done();
    if (service.empty() || logs_.find(service) != nullptr)
        return log_sessions_.start(std::move(client), service, follow, lines);
    log_sessions_.refuse(std::move(client), ENOENT, "there is no service '" + service + "'");
}

// A node is asked much when it is born and little after that: half of its memory would be what the
// requests were read into.
void Node::rest_soon() {
    if (rest_.second != 0) return;
    rest_ = loop_.after(milliseconds(1000), [this] {
        rest_ = {};
        (void)malloc_trim(0);
        give_room_back();
    });
}

// PID 1 takes everything of its process namespace along.
void Node::shut_down(milliseconds grace, const Reply& reply) {
    const auto leave = [reply] {
        reply.done();
        _exit(0);
    };
    loop_.after(grace, leave);
    services_.stop_all(leave);
}

}  // namespace labd::init
