// Which link of a file is which of a lab that runs.
#pragma once

#include "topology/link_draft.hpp"
#include "topology/numbering.hpp"

namespace topology {

// Sets LinkDraft::kept_name and DraftEnd::kept of the links that go on. The interfaces of those
// that do not are marked as moved.
void match_running(std::vector<LinkDraft>& drafts, const NodeList& nodes, Numbering& running);

}  // namespace topology
