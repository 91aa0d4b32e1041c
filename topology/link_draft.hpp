// A link on its way: planned by a builder, then named, then given interfaces.
#pragma once

#include "topology/builder.hpp"
#include "topology/context.hpp"
#include "topology/model.hpp"
#include "topology/node_list.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace topology {

struct DraftEnd {
    std::size_t node = 0;
    std::string interface;  // "" until it is named
    std::string bond;       // the interface that its link is a part of, "" = none
    std::string kept;       // what it is called in the lab that runs; "" = a new one
    Where where;            // of the interface's name, or of the end
    std::vector<std::pair<Prefix, Where>> addresses;
};

struct LinkDraft {
    const LinkEntry* entry = nullptr;
    const PlannedLink* plan = nullptr;
    Value keys;  // of the entry, `${…}` worked out
    std::string name;
    std::string kept_name;  // in the lab that runs
    bool name_explicit = false;
    bool peer_names = false;  // ifname = "peer"
    std::string bond_mode;    // "" = no part of a bond
    std::size_t member = 0;   // of the bond
    std::vector<DraftEnd> ends;
};

// The links of all entries, ends read, keys worked out; those that cannot be are left out.
std::vector<LinkDraft> draft_links(const std::vector<LinkEntry>& entries, const Value* defaults,
                                   const NodeList& nodes, Context& context);

// `name`, what it is called already, or A--B, A--B-2, lan-1, … D20 when two say the same.
void name_links(std::vector<LinkDraft>& drafts, const NodeList& nodes, Context& context);

// The modes of bonds, as Documentation/networking/bonding.rst numbers them.
const std::vector<std::string_view>& bond_modes();

// Explicit names are reserved first and then those that run; each other automatic one takes the
// lowest free ethN. D71.
void name_interfaces(std::vector<LinkDraft>& drafts, const NodeList& nodes, Context& context);

}  // namespace topology
