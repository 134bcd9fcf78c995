// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs a fuzz target over every file of its corpus without libFuzzer, so that ctest with any
// compiler shows that no input that once broke something breaks it again. Every file is also run
// cut short at every length and with each of its first octets changed: a poor man's fuzzer that
// costs nothing and finds missing bounds checks.
#include <fuzz/target.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

namespace {

constexpr std::size_t mangled_octets = 256;

// A copy on the heap of exactly the input's size, for the sanitizer to see a read beyond it.
void run(const std::vector<std::uint8_t> &input, std::size_t size) {
    const auto exact = std::make_unique<std::uint8_t[]>(size);
    std::copy_n(input.begin(), size, exact.get());
    LLVMFuzzerTestOneInput(exact.get(), size);
}

void run_with_variants(std::vector<std::uint8_t> input) {
    run(input, input.size());
    for (std::size_t size = 0; size < std::min(input.size(), mangled_octets); size++)
        run(input, size);
    for (std::size_t i = 0; i < std::min(input.size(), mangled_octets); i++) {
        const std::uint8_t original = input[i];
        for (const int other : {0, 1, 0x7f, 0x80, 0xff, original + 1, original - 1}) {
            input[i] = static_cast<std::uint8_t>(other);
            run(input, input.size());
        }
        input[i] = original;
    }
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::fprintf(stderr, "Usage: %s CORPUS-DIRECTORY\n", argv[0]);
        return 1;
    }
    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (const auto &entry : std::filesystem::directory_iterator(argv[1], error))
        if (entry.is_regular_file())
            files.push_back(entry.path());
    // A target without a corpus is a test that cannot fail.
    if (error || files.empty()) {
        std::fprintf(stderr, "%s: no corpus there\n", argv[1]);
        return 1;
    }
    std::sort(files.begin(), files.end());
    for (const auto &file : files) {
        std::ifstream in(file, std::ios::binary);
        std::vector<std::uint8_t> input{std::istreambuf_iterator<char>(in),
                                        std::istreambuf_iterator<char>()};
        if (!in) {
            std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
            return 1;
        }
        std::printf("%s: %zu octets\n", file.filename().c_str(), input.size());
        std::fflush(stdout);  // the last line names the file that broke it
        run_with_variants(std::move(input));
    }
    std::printf("%zu files\n", files.size());
    return 0;
}
