#include "labd/relay/relay.hpp"

#include "labd/init/failure.hpp"
#include "labd/init/socket.hpp"
#include "labd/relay/packet.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace labd::relay {
namespace {

using protocol::Packer;
using protocol::Unpacker;

std::uint64_t nonce() {
    std::uint64_t out = 0;
    (void)!getrandom(&out, sizeof out, 0);
    return out;
}

timespec timespec_of(Time time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    return {static_cast<time_t>(seconds.count()), static_cast<long>((time - seconds).count())};
}

void make_non_blocking(const Fd& fd) {
    const int flags = fcntl(fd.get(), F_GETFL);
    must(flags >= 0 && fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) == 0, "use the relay's door");
}

void refuse_unless(bool ok) {
    if (!ok) throw Failure{EPROTO, "read a request"};
}

std::array<Settings, 2> read_settings(Unpacker& in) {
    std::array<Settings, 2> out;
    for (Settings& settings : out) settings = unpack_settings(in);
    refuse_unless(in.done());
    for (const Settings& settings : out)
        if (!is_sound(settings)) throw Failure{EINVAL, "use a link's settings"};
    return out;
}

}  // namespace

Relay::Relay(Fd door, Fd interfaces)
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      door_(std::move(door)),
      interfaces_(std::move(interfaces)) {
    must(bool(epoll_), "make an epoll");
    make_non_blocking(door_);
    watch(door_.get(), [this](std::uint32_t) { accept_all(); });
    watch(interfaces_.socket(), [this](std::uint32_t) {
        interfaces_.read(
            [this](std::uint32_t index, const Seen& seen) { on_interface(index, seen); });
    });
}

// ---------------------------------------------------------------- the loop

Relay::Watched* Relay::watch(int fd, std::function<void(std::uint32_t)> ready) {
    auto made = std::make_unique<Watched>();
    made->ready = std::move(ready);
    made->events = EPOLLIN;
    epoll_event event{};
    event.events = made->events;
    event.data.ptr = made.get();
    must(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0, "watch a descriptor");
    Watched* out = made.get();
    watched_.emplace(out, std::move(made));
    return out;
}

void Relay::change(int fd, Watched& watched, std::uint32_t events) {
    if (watched.events == events) return;
    watched.events = events;
    epoll_event event{};
    event.events = events;
    event.data.ptr = &watched;
    (void)epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Relay::forget(int fd, Watched* watched) {
    (void)epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    watched->forgotten = true;
    forgotten_.push_back(std::move(watched_.at(watched)));
    watched_.erase(watched);
}

void Relay::run() {
    while (!quitting_) {
        wait();
        release(now());
        forgotten_.clear();
    }
}

void Relay::wait() {
    // The kernel may be late by a thousandth of a wait (select_estimate_accuracy() in fs/select.c):
    // a long one is made of two, and the second is short.
    constexpr Time long_wait = std::chrono::milliseconds(1);
    timespec timeout{};
    const timespec* until = nullptr;
    if (const std::optional<Time> next = schedule_.next()) {
        const Time left = std::max(*next - now(), Time());
        timeout = timespec_of(left > long_wait ? left - left / 128 : left);
        until = &timeout;
    }
    epoll_event events[64];
    const int count = epoll_pwait2(epoll_.get(), events, 64, until, nullptr);
    for (int i = 0; i < count; ++i) {
        auto* watched = static_cast<Watched*>(events[i].data.ptr);
        if (!watched->forgotten) watched->ready(events[i].events);
    }
}

// ---------------------------------------------------------------- frames

void Relay::hear(Lane& lane) {
    lane.in->read(frames_, [&](std::unique_ptr<Frame> frame, Time arrival) {
        if (!lane.direction.settings().is_per_packet())
            return meet(lane, std::move(frame), arrival);
        for_each_packet(std::move(frame), frames_, [&](std::unique_ptr<Frame> packet) {
            meet(lane, std::move(packet), arrival);
        });
    });
}

void Relay::meet(Lane& lane, std::unique_ptr<Frame> frame, Time arrival) {
    const Fate fate = lane.direction.meet(arrival, frame->wire_size());
    if (fate.count == 0) return frames_.give_back(std::move(frame));
    if (fate.count > 1) {
        std::unique_ptr<Frame> copy = frames_.take();
        std::memcpy(copy->make_room(frame->size()), frame->bytes(), frame->size());
        depart(lane, fate.departures[1], std::move(copy));
    }
    depart(lane, fate.departures[0], std::move(frame));
}

void Relay::depart(Lane& lane, const Departure& departure, std::unique_ptr<Frame> frame) {
    if (departure.corrupt) corrupt(*frame, lane.direction.noise());
    schedule_.add(departure.due, &lane, std::move(frame));
}

void Relay::release(Time until) {
    while (auto first = schedule_.take(until)) {
        Lane& lane = *first->lane;
        lane.out->put(std::move(first->frame));
        if (!lane.pending) pending_.push_back(&lane);
        lane.pending = true;
    }
    for (Lane* lane : std::exchange(pending_, {})) {
        lane->pending = false;
        flush(*lane);
    }
}

void Relay::flush(Lane& lane) {
    const bool writable = lane.out->flush([&](std::unique_ptr<Frame> frame, bool sent) {
        Counters& counters = lane.direction.counters();
        if (sent) {
            ++counters.sent;
            counters.sent_bytes += frame->wire_size();
        } else {
            ++counters.unsent;
        }
        lane.direction.leave();
        frames_.give_back(std::move(frame));
    });
    change(lane.out->socket(), *lane.writing, writable ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

// ---------------------------------------------------------------- carrier

void Relay::on_interface(std::uint32_t index, const Seen& seen) {
    const auto found = ends_.find(index);
    if (found == ends_.end()) return;
    auto& [link, end] = found->second;
    // Another one with its number is not the one that the port is bound to.
    const bool gone = link->seen[end].gone || seen.gone;
    link->seen[end] = seen;
    link->seen[end].gone = gone;
    if (const auto wanted = mirror(link->seen[0], link->seen[1]))
        interfaces_.set(link->ports[wanted->end]->index(), wanted->up);
}

// ---------------------------------------------------------------- what labd asks

void Relay::accept_all() {
    for (;;) {
        Fd socket(accept4(door_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) return;
        Watched* connection = watch(socket.get(), nullptr);
        connection->socket = std::move(socket);
        connection->ready = [this, connection](std::uint32_t) { converse(connection); };
    }
}

void Relay::converse(Watched* connection) {
    const int fd = connection->socket.get();
    for (int requests = 0; requests < 16; ++requests) {
        init::Heard heard = init::hear(fd, MSG_DONTWAIT);
        if (heard.what == init::Heard::What::nothing) return;
        // One that does not read its answers gets none any more.
        if (heard.what == init::Heard::What::gone ||
            init::say(fd, answer(heard.bytes, std::move(heard.fds)), {}, MSG_DONTWAIT) != 0)
            return forget(fd, connection);
    }
}

std::string Relay::answer(const std::string& bytes, std::vector<Fd> fds) {
    Unpacker in(bytes);
    const auto type = static_cast<Request>(in.u32());
    const std::uint32_t id = in.u32();
    const auto code = static_cast<std::uint32_t>(Request::answer);
    Packer out(code, id);
    out.u32(0).text("");
    try {
        switch (type) {
            case Request::add:
                add(in, std::move(fds));
                break;
            case Request::change:
                change(in);
                break;
            case Request::remove:
                remove(in);
                break;
            case Request::list:
                list(in, out);
                break;
            case Request::quit:
                refuse_unless(in.done());
                quitting_ = true;
                break;
            default:
                refuse_unless(false);
        }
    } catch (const Failure& failure) {
        Packer refused(code, id);
        refused.u32(static_cast<std::uint32_t>(failure.error))
            .text("cannot " + failure.step + ": " + std::strerror(failure.error));
        return refused.bytes();
    }
    return out.bytes();
}

Relay::Link& Relay::find(const std::string& name) {
    const auto found = links_.find(name);
    if (found == links_.end()) throw Failure{ENOENT, "find link " + name};
    return *found->second;
}

void Relay::add(Unpacker& in, std::vector<Fd> fds) {
    auto link = std::make_unique<Link>();
    link->name = in.text();
    const std::array index{in.u32(), in.u32()};
    const std::array<Settings, 2> settings = read_settings(in);
    refuse_unless(fds.size() == 2 && !link->name.empty() && link->name.size() <= longest_name);
    if (links_.contains(link->name)) throw Failure{EEXIST, "add link " + link->name};
    if (index[0] == index[1] || ends_.contains(index[0]) || ends_.contains(index[1]))
        throw Failure{EBUSY, "add link " + link->name};
    const std::uint64_t chance = nonce() & ~std::uint64_t{1};
    for (std::size_t i : {0u, 1u})
        link->ports[i] = std::make_unique<Port>(std::move(fds[i]), index[i]);
    for (std::size_t i : {0u, 1u}) {
        link->lanes[i] = std::make_unique<Lane>(Lane{Direction(settings[i], chance | i)});
        link->lanes[i]->in = link->ports[i].get();
        link->lanes[i]->out = link->ports[1 - i].get();
    }
    for (std::size_t i : {0u, 1u}) {
        Lane *heard = link->lanes[i].get(), *sent = link->lanes[1 - i].get();
        const auto ready = [this, heard, sent](std::uint32_t events) {
            if ((events & EPOLLOUT) != 0) flush(*sent);
            if ((events & ~EPOLLOUT) != 0) hear(*heard);
        };
        try {
            link->watched[i] = watch(link->ports[i]->socket(), ready);
        } catch (const Failure&) {
            if (i == 1) forget(link->ports[0]->socket(), link->watched[0]);
            throw;
        }
        sent->writing = link->watched[i];
        ends_[index[i]] = {link.get(), i};
    }
    links_.emplace(link->name, std::move(link));
    for (const std::uint32_t end : index) interfaces_.ask(end);
}

void Relay::change(Unpacker& in) {
    const std::string name = in.text();
    const std::array<Settings, 2> settings = read_settings(in);
    Link& link = find(name);
    for (std::size_t i : {0u, 1u}) {
        Lane& lane = *link.lanes[i];
        if (lane.direction.settings() == settings[i]) continue;
        const Time latest = lane.direction.change(settings[i], now());
        schedule_.hasten(&lane, latest);
    }
}

void Relay::remove(Unpacker& in) {
    const std::string name = in.text();
    refuse_unless(in.done());
    Link& link = find(name);
    for (std::size_t i : {0u, 1u}) {
        schedule_.remove(link.lanes[i].get());
        std::erase(pending_, link.lanes[i].get());
        forget(link.ports[i]->socket(), link.watched[i]);
        ends_.erase(link.ports[i]->index());
    }
    links_.erase(name);
}

void Relay::list(Unpacker& in, Packer& out) {
    const std::uint32_t from = in.u32();
    refuse_unless(in.done());
    const auto total = static_cast<std::uint32_t>(links_.size());
    const std::uint32_t count = from < total ? std::min(total - from, listed_at_once) : 0;
    out.u32(total).u32(count);
    auto next = std::next(links_.begin(), std::min(from, total));
    for (std::uint32_t i = 0; i < count; ++i, ++next) {
        Link& link = *next->second;
        Linked told;
        told.name = link.name;
        told.whole = !link.seen[0].gone && !link.seen[1].gone;
        for (std::size_t end : {0u, 1u}) {
            told.index[end] = link.ports[end]->index();
            Lane& lane = *link.lanes[end];
            lane.direction.counters().unheard += lane.in->unheard();
            told.settings[end] = lane.direction.settings();
            told.counters[end] = lane.direction.counters();
        }
        pack(out, told);
    }
}

}  // namespace labd::relay
