// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfork(2): until it has called execve(2) or has ended, the child runs in our memory, on our stack,
// while we wait. So it makes system calls and nothing else, and can leave the reason of a failure
// where we find it.
//
// Giving up our capabilities takes two steps, neither of which needs a privilege: the sets are
// emptied, and no_new_privs keeps an execve(2) by user 0 from filling them again (capabilities(7)).
#include <daemon/spawn.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>

namespace rtun::daemon {

namespace {

using base::ErrorCode;
using base::fail;

struct Plan {
    const char *path = nullptr;
    char *const *arguments = nullptr;
    char *const *environment = nullptr;
    int input = -1;
    int output = -1;
    // What the child has to say if it ends before it is the program.
    const char *volatile failed = nullptr;
    volatile int reason = 0;
};

bool give_up_capabilities() {
    __user_cap_header_struct header{};
    header.version = _LINUX_CAPABILITY_VERSION_3;
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_capset, &header, none.data()) == 0;
}

[[noreturn]] void give_up(Plan &plan, const char *what) {
    plan.reason = errno;
    plan.failed = what;
    ::_exit(127);
}

[[noreturn]] void become(Plan &plan) {
    // What we ignore, and what our loop hears, is not the program's business.
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++)
        ::sigaction(number, &usual, nullptr);  // refused for a few that are always so
    ::setsid();
    ::umask(022);
    if (::chdir("/") < 0)
        give_up(plan, "chdir");
    if (::dup2(plan.input, 0) < 0 || ::dup2(plan.output, 1) < 0 || ::dup2(plan.output, 2) < 0)
        give_up(plan, "dup2");
    // All of ours are closed by execve(2); this is for those that a library has opened otherwise.
    (void)::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
    if (!give_up_capabilities())
        give_up(plan, "giving up capabilities");
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(plan.path, plan.arguments, plan.environment);
    give_up(plan, "execve");
}

// One function, so that nothing the child does is done to a variable of the parent's.
__attribute__((noinline)) pid_t start(Plan &plan) {
    const pid_t pid = ::vfork();
    if (pid == 0)
        become(plan);
    return pid;
}

std::vector<char *> pointers(std::vector<std::string> &texts) {
    std::vector<char *> all;
    all.reserve(texts.size() + 1);
    for (std::string &text : texts)
        all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

}  // namespace

base::Result<Spawned> spawn(const std::string &file, const Program &program) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0)
        return fail(base::system_error("cannot make a pipe", errno));
    Spawned spawned{.pid = -1, .output = base::Fd(ends[0])};
    const base::Fd output(ends[1]);
    if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
        return fail(base::system_error("cannot read from a pipe", errno));
    const base::Fd input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!input.valid())
        return fail(base::system_error("cannot open /dev/null", errno));

    std::vector<std::string> arguments = program.arguments;
    arguments.insert(arguments.begin(), program.path);
    std::vector<std::string> environment = program.environment;
    const std::vector<char *> argv = pointers(arguments);
    const std::vector<char *> envp = pointers(environment);
    Plan plan;
    plan.path = file.c_str();
    plan.arguments = argv.data();
    plan.environment = envp.data();
    plan.input = input.get();
    plan.output = output.get();
    spawned.pid = start(plan);
    if (spawned.pid < 0)
        return fail(base::system_error("cannot start a process", errno));
    if (plan.failed != nullptr)
        // The process has ended; whoever watches it would wait for a program. It is reaped here.
        while (::waitpid(spawned.pid, nullptr, 0) < 0 && errno == EINTR)
            continue;
    if (plan.failed != nullptr)
        return fail(
            base::system_error(fmt::format("{} ({})", program.path, plan.failed), plan.reason));
    return spawned;
}

namespace {

// Who can replace what is in a directory: its owner, and those who may write to it, unless it is
// sticky; then only what is their own, and that is looked at with the next step.
base::Status check_step(const std::string &step, uid_t owner) {
    struct stat is {};
    if (::lstat(step.c_str(), &is) < 0)
        return fail(base::system_error(step, errno));
    if (is.st_uid != 0 && is.st_uid != owner)
        return fail(ErrorCode::Invalid, step + " does not belong to root", EPERM);
    const bool sticky = S_ISDIR(is.st_mode) && (is.st_mode & S_ISVTX) != 0;
    if (!S_ISLNK(is.st_mode) && (is.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky)
        return fail(ErrorCode::Invalid, step + " can be written by others than root", EPERM);
    return {};
}

base::Status check_way(const std::string &path, uid_t owner) {
    TRY(check_step("/", owner));
    for (std::size_t end = path.find('/', 1); end != std::string::npos;
         end = path.find('/', end + 1))
        TRY(check_step(path.substr(0, end), owner));
    return check_step(path, owner);
}

}  // namespace

base::Result<std::string> check_program(const std::string &path, uid_t owner) {
    if (path.empty() || path[0] != '/' || path.find('\0') != std::string::npos)
        return fail(ErrorCode::Invalid, fmt::format("\"{}\" is not an absolute path", path),
                    EINVAL);
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                           &std::free);
    if (!real)
        return fail(base::system_error(path, errno));
    std::string file(real.get());
    // The links of the written way choose what is run: nobody else may change them either.
    TRY(check_way(path, owner));
    TRY(check_way(file, owner));
    struct stat is {};
    if (::stat(file.c_str(), &is) < 0 || !S_ISREG(is.st_mode))
        return fail(ErrorCode::Invalid, path + " is not a file", EINVAL);
    if (::access(file.c_str(), X_OK) < 0)
        return fail(ErrorCode::Invalid, path + " cannot be executed", EACCES);
    return file;
}

}  // namespace rtun::daemon
