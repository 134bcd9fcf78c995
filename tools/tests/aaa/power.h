// SPDX-License-Identifier: GPL-2.0-or-later
//
// A disk whose power can be cut. While it lives, SQLite writes through it: the files are written as
// ever, and it remembers what was in them when they were last waited for, and each write since.
// What a host finds afterwards is the former with any of the latter, whole or in parts of a sector.
#pragma once

#include <base/random.h>

#include <memory>
#include <string>

namespace rtun::aaa {

class Power {
public:
    Power();
    Power(const Power &) = delete;
    Power &operator=(const Power &) = delete;
    ~Power();

    // Makes the folder, with what is left of each file.
    void cut(const std::string &folder, base::Random &random) const;

    struct Disk;

private:
    std::unique_ptr<Disk> disk_;
};

}  // namespace rtun::aaa
