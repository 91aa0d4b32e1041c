// What the kernel counts by user and a lab's nodes have together: no node may use up all of it.
#pragma once

namespace labd::spawner {

// The soft limit of open files becomes the hard one.
void lift_file_limit();
// Of a node, before it loses CAP_SYS_RESOURCE: a part of what its lab may have of inotify
// instances and watches, queued signals and message queues. Throws Failure.
void take_a_share();

}  // namespace labd::spawner
