// SPDX-License-Identifier: GPL-2.0-or-later
//
// One system call. A limit on the size of core files would not do: it does not hold where cores are
// piped to a collector.
#include <daemon/no_core.h>

#include <sys/prctl.h>

namespace rtun::daemon {

void refuse_core() {
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // fails only for a wrong number
}

}  // namespace rtun::daemon
