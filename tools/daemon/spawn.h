// SPDX-License-Identifier: GPL-2.0-or-later
//
// Starting a program of the administrator's that gets nothing of ours: no capability, and none by
// what it executes in turn; no descriptor but its output, which we read; an environment of its own;
// a process group of its own, so that it can be ended with all that it has started.
//
// The parent waits for the execve(2), which takes some tenths of a millisecond, and copies no
// memory for it.
#pragma once

#include <base/fd.h>
#include <base/result.h>

#include <sys/types.h>

#include <string>
#include <vector>

namespace rtun::daemon {

struct Program {
    std::string path;                      // also the first argument
    std::vector<std::string> arguments;    // the others
    std::vector<std::string> environment;  // "NAME=value"
};

struct Spawned {
    pid_t pid = -1;   // of the group as well
    base::Fd output;  // both standard output and standard error; does not block
};

// May we run it? An absolute path to a program that belongs to the owner (root, unless a test says
// otherwise), as do all the directories on the way, and that nobody else can write to or replace.
// Where it is without any symbolic link: nobody else can change what that leads to.
[[nodiscard]] base::Result<std::string> check_program(const std::string &path, uid_t owner);

// file: as check_program() has found it.
[[nodiscard]] base::Result<Spawned> spawn(const std::string &file, const Program &program);

}  // namespace rtun::daemon
