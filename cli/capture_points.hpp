// Where a capture listens: what the words mean, and labd's sockets there.
#pragma once

#include "cli/live.hpp"
#include "cli/pcapng.hpp"
#include "labd/fd.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cli {

struct CapturePoint {
    std::string node, interface, link;  // link "": none of the file's
    std::string name() const { return node + ":" + interface; }
};

struct CaptureWords {
    std::vector<CapturePoint> points;  // each once
    std::string filter;                // "" = all packets
};

// "r1" (all its interfaces), "r1:eth0", sets of nodes with or without an interface, or a link: its
// first end hears all of it; a LAN's ends all. From the first word on that is none of these the
// words are a filter. Throws Failure.
CaptureWords capture_words(const Live& live, const std::vector<std::string>& words);

struct OpenPoint {
    CapturePoint point;
    labd::Fd socket;
    std::uint32_t index = 0;
    std::string mac;
    bool ethernet = true;

    pcapng::Interface described(std::uint32_t snaplen) const;
};

struct CaptureSession {
    labd::Fd labd;  // says when the lab goes; its end alone means nothing
    std::vector<OpenPoint> points;
};

// Throws Failure: what labd refuses.
CaptureSession open_points(const Live& live, const std::vector<CapturePoint>& points);

}  // namespace cli
