// SPDX-License-Identifier: GPL-2.0-or-later
//
// modprobe(8), modules.dep(5), efivarfs and securityfs. No shell.
#include <netlink/module.h>

#include <base/bytes.h>
#include <base/fd.h>
#include <base/result.h>

#include <fmt/format.h>

#include <linux/capability.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string_view>

namespace rtun::netlink {

namespace {

constexpr const char *SecureBootVariable =
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
constexpr std::size_t MaxWords = 512;  // of what modprobe says

bool has_capability(unsigned capability) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
    if (::syscall(SYS_capget, &header, data.data()) < 0)
        return false;
    return (data[capability / 32].effective >> (capability % 32) & 1) != 0;
}

std::string read_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// "updates/dkms/rtun.ko.xz: ..." on a line of modules.dep.
bool listed(const std::string &release) {
    std::ifstream file("/lib/modules/" + release + "/modules.dep");
    for (std::string line; std::getline(file, line);) {
        const std::string_view path = std::string_view(line).substr(0, line.find(':'));
        const std::string_view name = path.substr(path.rfind('/') + 1);
        if (name.starts_with("rtun.ko"))
            return true;
    }
    return false;
}

// Runs it with our environment left out; its standard error, or nothing if it exits with 0.
std::optional<std::string> run_modprobe(const char *path) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0)
        return base::system_error("pipe", errno).text;
    base::Fd out(ends[0]), in(ends[1]);

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    RTUN_ASSERT(::posix_spawn_file_actions_init(&actions) == 0);
    RTUN_ASSERT(::posix_spawnattr_init(&attributes) == 0);
    ::posix_spawn_file_actions_adddup2(&actions, in.get(), STDERR_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, in.get(), STDOUT_FILENO);
    // An event loop may have blocked signals; the child shall not inherit that.
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    std::string program(path), module("rtun"), locale("LC_ALL=C");
    std::array<char *, 3> argv{program.data(), module.data(), nullptr};
    std::array<char *, 2> environment{locale.data(), nullptr};
    pid_t child = 0;
    const int error =
        ::posix_spawn(&child, path, &actions, &attributes, argv.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    in.reset();
    if (error != 0)
        return base::system_error(path, error).text;

    std::string words;
    std::array<char, 256> piece{};
    for (;;) {
        const ssize_t got = ::read(out.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        words.append(piece.data(), static_cast<std::size_t>(got));
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return std::nullopt;
    words = base::printable(base::as_bytes(words.substr(0, words.find('\n'))), MaxWords);
    return words.empty() ? std::string("modprobe failed without a word") : words;
}

bool says(const ModuleFacts &facts, std::string_view words) {
    return facts.modprobe.find(words) != std::string::npos;
}

}  // namespace

ModuleFacts collect_module_facts() {
    ModuleFacts facts;
    utsname system{};
    if (::uname(&system) == 0)
        facts.release = static_cast<const char *>(system.release);
    facts.may_load = has_capability(CAP_SYS_MODULE);
    facts.installed = listed(facts.release);
    facts.headers =
        ::access(("/lib/modules/" + facts.release + "/build/Makefile").c_str(), F_OK) == 0;
    // Four octets of attributes, then the variable's one.
    const std::string variable = read_file(SecureBootVariable);
    facts.secure_boot = variable.size() == 5 && variable[4] == 1 ? SecureBoot::On : SecureBoot::Off;
    const std::string lockdown = read_file("/sys/kernel/security/lockdown");
    facts.locked_down =
        lockdown.find('[') != std::string::npos && lockdown.find("[none]") == std::string::npos;
    return facts;
}

std::optional<std::string> load_module() {
    if (!has_capability(CAP_SYS_MODULE))
        return "no privilege to load modules";
    for (const char *path : {"/sbin/modprobe", "/usr/sbin/modprobe", "/bin/modprobe"})
        if (::access(path, X_OK) == 0)
            return run_modprobe(path);
    return "no modprobe in /sbin or /bin";
}

std::string module_hint(const ModuleFacts &facts) {
    const std::string missing = "the kernel module rtun is not loaded";
    if (!facts.installed && !facts.headers)
        return fmt::format(
            "{} and not built for this kernel ({}): install linux-headers-{} and run "
            "\"dkms autoinstall\"",
            missing, facts.release, facts.release);
    if (!facts.installed)
        return fmt::format("{} and not built for this kernel ({}): run \"dkms autoinstall\"; if it "
                           "is not known to dkms, install rtun-dkms",
                           missing, facts.release);
    // ENOKEY, EKEYREJECTED and EPERM are what module signature checks and lockdown answer.
    const bool key = says(facts, "Key was rejected") || says(facts, "Required key not available");
    const bool locked = facts.secure_boot == SecureBoot::On || facts.locked_down;
    // Who may not load it (rtun.service, which has systemd try before) has no words of modprobe to
    // go by. Where signatures are asked for, a missing one is what usually stands in the way.
    if (key || (locked && (!facts.may_load || says(facts, "Operation not permitted"))))
        return fmt::format(
            "{}: the kernel accepts only signed modules{}; sign it with a key of "
            "this machine (\"mokutil --import /var/lib/dkms/mok.pub\", then reboot "
            "and enrol it), or turn Secure Boot off{}",
            missing, facts.secure_boot == SecureBoot::On ? " because Secure Boot is on" : "",
            facts.may_load ? "" : "; if it is signed, run \"modprobe rtun\" as root");
    if (!facts.may_load)
        return missing + " and loading it needs root: run \"modprobe rtun\" as root";
    if (says(facts, "Exec format error") || says(facts, "Invalid module format") ||
        says(facts, "Unknown symbol"))
        return fmt::format("{}: it was built for another kernel than this ({}); run \"dkms build "
                           "--force\" and \"dkms install --force\" for it",
                           missing, facts.release);
    if (!facts.modprobe.empty())
        return fmt::format("{}: {} (see also dmesg)", missing, facts.modprobe);
    return missing + ": run \"modprobe rtun\" and look at dmesg";
}

}  // namespace rtun::netlink
