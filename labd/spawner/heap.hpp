// The heap that every node of a lab begins with a copy of.
#pragma once

namespace labd::spawner {

// To be called once, when all that stays has been made. Gives back what is free and takes the holes
// for good: what a node's init allocates then lies together, instead of costing a page of its own
// wherever the making of the template has left a hole.
void settle_heap();

}  // namespace labd::spawner
