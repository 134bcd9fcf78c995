// SPDX-License-Identifier: GPL-2.0-or-later
//
// A program that holds passwords leaves no core file, and no other process of its user may read its
// memory (PR_SET_DUMPABLE(2const)).
#pragma once

namespace rtun::daemon {

// The first thing that such a program does. Holds until it executes another one.
void refuse_core();

}  // namespace rtun::daemon
