// SPDX-License-Identifier: GPL-2.0-or-later
//
// A folder of a test's own, gone with it, and what tests do with files in it. In memory where that
// is to be had: how fast a disk is tells nothing here.
#pragma once

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace rtun::aaa {

class Folder {
public:
    Folder() {
        const bool memory = ::access("/dev/shm", W_OK) == 0;
        std::string name = (memory ? "/dev/shm/" : testing::TempDir()) + "rtun-aaa-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr)
            std::abort();
        path_ = name;
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string file(const std::string &name) const { return path_ / name; }

    [[nodiscard]] std::string write(const std::string &name, const std::string &content,
                                    ::mode_t mode = 0600) const {
        const std::string path = file(name);
        std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
        ::chmod(path.c_str(), mode);
        return path;
    }
    [[nodiscard]] std::string read(const std::string &name) const {
        std::ifstream in(file(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] bool has(const std::string &name) const {
        return std::filesystem::exists(file(name));
    }
    void copy(const std::string &from, const std::string &to) const {
        std::filesystem::copy_file(file(from), file(to),
                                   std::filesystem::copy_options::overwrite_existing);
    }

private:
    std::filesystem::path path_;
};

}  // namespace rtun::aaa
