// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a command writes, caught and held against a file of tests/golden. The files are the promise
// of STYLE: JSON keys are never renamed. RTUN_GOLDEN_UPDATE=1 in the environment writes them anew,
// for review with "git diff".
#pragma once

#include <base/fd.h>
#include <cli/output.h>

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace rtun::cli {

// An Output that writes into memory.
class Answer {
public:
    explicit Answer(const Options &options)
        : file_(::memfd_create("answer", MFD_CLOEXEC)), out_(options, file_.get()) {}

    [[nodiscard]] Output &out() { return out_; }
    // All that was written so far, after a flush.
    [[nodiscard]] std::string text() {
        EXPECT_TRUE(out_.flush());
        return written();
    }
    [[nodiscard]] std::string written() const {
        std::string text(4096, '\0');
        std::string all;
        ssize_t got = 0;
        while ((got = ::pread(file_.get(), text.data(), text.size(),
                              static_cast<off_t>(all.size()))) > 0)
            all.append(text, 0, static_cast<std::size_t>(got));
        return all;
    }

private:
    base::Fd file_;
    Output out_;
};

inline void expect_golden(const std::string &name, const std::string &text) {
    const std::string path = std::string(RTUN_GOLDEN) + "/" + name;
    if (std::getenv("RTUN_GOLDEN_UPDATE") != nullptr) {
        std::ofstream(path) << text;
        return;
    }
    const std::ifstream file(path);
    ASSERT_TRUE(file) << path;
    std::ostringstream expected;
    expected << file.rdbuf();
    EXPECT_EQ(text, expected.str()) << path;
}

}  // namespace rtun::cli
