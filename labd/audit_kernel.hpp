// The same records in the kernel's audit log, where auditd keeps it: AUDIT_VIRT_CONTROL, as libvirt
// writes them. Each holds seq and hash of its record, so that the kernel's log vouches for ours.
#pragma once

#include "labd/audit.hpp"

#include <string>

namespace labd {

// Does nothing while the kernel's audit is off.
AuditMirror kernel_audit();

// `virt=labd op=exec lab="t" … res=success`. Texts that a user chose are in hexadecimal unless they
// are plain words, as auditd's own fields are.
std::string kernel_audit_text(const Peer& who, const AuditEvent& event, const ChainEnd& chain);

}  // namespace labd
