// SPDX-License-Identifier: GPL-2.0-or-later
//
// posix_spawn(3) with nothing inherited but standard input, which is memory, and where output goes
// to, which is nowhere.
#include <daemon/helper.h>

#include <base/fd.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace rtun::daemon {

namespace {

base::Result<base::Fd> input_of(const std::string &text) {
    base::Fd memory(::memfd_create("rtun-input", MFD_CLOEXEC));
    if (!memory.valid())
        return base::fail(base::system_error("memfd_create", errno));
    if (::write(memory.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::lseek(memory.get(), 0, SEEK_SET) < 0)
        return base::fail(base::system_error("input", errno));
    return memory;
}

struct SpawnActions {
    SpawnActions() { RTUN_ASSERT(::posix_spawn_file_actions_init(&actions) == 0); }
    SpawnActions(const SpawnActions &) = delete;
    SpawnActions &operator=(const SpawnActions &) = delete;
    ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions); }
    posix_spawn_file_actions_t actions{};
};

// Signals as a program expects them: none blocked, none ignored.
struct SpawnAttributes {
    SpawnAttributes() {
        RTUN_ASSERT(::posix_spawnattr_init(&attributes) == 0);
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    SpawnAttributes(const SpawnAttributes &) = delete;
    SpawnAttributes &operator=(const SpawnAttributes &) = delete;
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes); }
    posix_spawnattr_t attributes{};
};

base::Result<pid_t> spawn(const Helper::Job &job) {
    const base::Fd input = TRY(input_of(job.input));
    SpawnActions to;
    ::posix_spawn_file_actions_adddup2(&to.actions, input.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_addopen(&to.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&to.actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const SpawnAttributes with;
    std::vector<char *> words;
    for (const std::string &word : job.words)
        words.push_back(const_cast<char *>(word.c_str()));
    words.push_back(nullptr);
    pid_t pid = 0;
    if (const int error = ::posix_spawn(&pid, words.front(), &to.actions, &with.attributes,
                                        words.data(), environ);
        error != 0)
        return base::fail(base::system_error(job.words.front(), error));
    return pid;
}

std::optional<std::string> failure_of(const std::string &program, const event::ChildExit &exit) {
    if (exit.signal != 0)
        return fmt::format("{} was ended by signal {}", program, exit.signal);
    if (exit.status != 0)
        return fmt::format("{} ended with status {}", program, exit.status);
    return std::nullopt;
}

}  // namespace

bool LoopHelper::has(const std::string &program) const {
    return ::access(program.c_str(), X_OK) == 0;
}

void LoopHelper::run(Job job) {
    jobs_.push_back(std::move(job));
    begin();
}

void LoopHelper::begin() {
    if (jobs_.empty() || std::exchange(running_, true))
        return;
    if (const auto started = start(jobs_.front()); !started)
        loop_.defer([this, text = started.error().text] { ended(text); });
}

LoopHelper::~LoopHelper() {
    for (std::size_t i = running_ ? 1 : 0; i < jobs_.size(); i++)
        (void)spawn(jobs_[i]);
}

base::Status LoopHelper::start(const Job &job) {
    const pid_t pid = TRY(spawn(job));
    child_ = TRY(event::Child::create(loop_, pid, [this](event::ChildExit exit) {
        ended(failure_of(jobs_.front().words.front(), exit));
    }));
    patience_ = TRY(event::Timer::create(loop_, [pid] { (void)::kill(pid, SIGKILL); }));
    patience_->arm(loop_.now() + Patience);
    return {};
}

void LoopHelper::ended(const std::optional<std::string> &failure) {
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    patience_.reset();
    child_.reset();
    running_ = false;
    if (job.done)
        job.done(failure);
    begin();
}

}  // namespace rtun::daemon
