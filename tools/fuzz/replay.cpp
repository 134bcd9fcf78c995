// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs a fuzz target over every file of its corpus without libFuzzer, so that ctest with any
// compiler shows that no input that once broke something breaks it again. Every file is also run
// cut short at every length and with each of its first octets changed, and then in as many
// mutations (mutator.h) as asked for: the same ones at each run, and others with another seed. An
// input that breaks something is shown in hexadecimal digits, for `xxd -r -p` to make a file of the
// corpus.
#include <fuzz/mutator.h>
#include <fuzz/target.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>
#include <vector>

// Of the sanitizers' run time, if there is one in the program.
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace {

using rtun::fuzz::Input;

constexpr std::size_t mangled_octets = 256;

// What runs now.
const std::uint8_t *current = nullptr;
std::size_t current_size = 0;

// From a signal's handler: nothing but write(2).
void show_input() {
    static constexpr char digits[] = "0123456789abcdef";
    const auto say = [](const char *text, std::size_t size) {
        static_cast<void>(!::write(STDERR_FILENO, text, size));
    };
    constexpr std::string_view heading = "the input was:\n";
    say(heading.data(), heading.size());
    for (std::size_t i = 0; i < current_size; ++i) {
        const char pair[] = {digits[current[i] >> 4], digits[current[i] & 15]};
        say(pair, sizeof(pair));
    }
    say("\n", 1);
}

void on_signal(int number) {
    show_input();
    static_cast<void>(std::signal(number, SIG_DFL));
    static_cast<void>(std::raise(number));
}

void watch() {
    static_cast<void>(std::signal(SIGABRT, on_signal));
    if (__sanitizer_set_death_callback != nullptr) {
        __sanitizer_set_death_callback(show_input);
        return;
    }
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL})
        static_cast<void>(std::signal(number, on_signal));
}

// A copy on the heap of exactly the input's size, for the sanitizer to see a read beyond it.
void run(const Input &input, std::size_t size) {
    const auto exact = std::make_unique<std::uint8_t[]>(size);
    std::copy_n(input.begin(), size, exact.get());
    current = input.data();
    current_size = size;
    LLVMFuzzerTestOneInput(exact.get(), size);
    current_size = 0;
}

void run_with_variants(Input input) {
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

bool number_of(std::string_view text, std::uint64_t &number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

int main(int argc, char **argv) {
    std::uint64_t mutations = 0;
    std::uint64_t seed = 1;
    if (argc < 2 || argc > 4 || (argc > 2 && !number_of(argv[2], mutations)) ||
        (argc > 3 && !number_of(argv[3], seed))) {
        std::fprintf(stderr, "Usage: %s CORPUS-DIRECTORY [MUTATIONS-OF-EACH [SEED]]\n", argv[0]);
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
    std::vector<Input> corpus;
    for (const auto &file : files) {
        std::ifstream in(file, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
        if (!in) {
            std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
            return 1;
        }
    }
    watch();
    for (std::size_t i = 0; i < files.size(); ++i) {
        std::printf("%s: %zu octets\n", files[i].filename().c_str(), corpus[i].size());
        std::fflush(stdout);  // the last line names the file that broke it
        run_with_variants(corpus[i]);
        rtun::fuzz::Mutator mutator(seed + 1000003 * i);
        for (std::uint64_t n = 0; n < mutations; ++n) {
            const Input mutation = mutator.mutate(corpus[i], corpus);
            run(mutation, mutation.size());
        }
    }
    std::printf("%zu files, %ju mutations of each\n", files.size(),
                static_cast<std::uintmax_t>(mutations));
    return 0;
}
