// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who is there is found out by trying: a service that refuses is followed by the next one.
#include <daemon/name_servers.h>

#include <base/log.h>

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

namespace rtun::daemon {

namespace {

constexpr std::string_view EntrySuffix = ".rtun";

bool exists(const std::string &path) {
    struct stat state {};
    return ::stat(path.c_str(), &state) == 0;
}

bool device_exists(netlink::Kernel &kernel, const std::string &name) {
    const auto found = kernel.link_index(name);
    // What cannot be asked is not known to be gone.
    return found || found.error().code != base::ErrorCode::NotFound;
}

}  // namespace

base::Result<ResolverPaths> find_resolver_paths(const std::string &netns_directory,
                                                const std::string &etc_netns) {
    ResolverPaths paths;
    struct stat ours {};
    if (::stat("/proc/self/ns/net", &ours) < 0)
        return base::fail(base::system_error("/proc/self/ns/net", errno));
    paths.netns = ours.st_ino;
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator(netns_directory, error)) {
        struct stat named {};
        if (::stat(entry.path().c_str(), &named) < 0 || named.st_ino != ours.st_ino ||
            named.st_dev != ours.st_dev)
            continue;
        const std::string name = entry.path().filename().string();
        paths.file = fmt::format("{}/{}/resolv.conf", etc_netns, name);
        paths.own_services = false;
        if (!exists(paths.file))
            return base::fail(base::ErrorCode::NotFound,
                              fmt::format("network namespace {} has no {}", name, paths.file));
        break;
    }
    return paths;
}

std::string NameServers::resolvconf() const {
    for (const std::string &program : paths_->resolvconf)
        if (helper_.has(program))
            return program;
    return "";
}

ResolvSection NameServers::section(const std::string &interface, const Use &use) const {
    return {.interface = interface,
            .owner = owner_,
            .netns = paths_->netns,
            .exclusive = use.others == Others::Ignored,
            .servers = use.servers};
}

void NameServers::use(const std::string &interface, const std::vector<base::Ipv4> &servers,
                      Others others) {
    drop(interface);
    if (!paths_) {
        problem_(interface, paths_.error().text);
        return;
    }
    Use &use = uses_[interface];
    use = {.servers = servers, .others = others, .how = How::Resolved, .number = ++last_number_};
    apply(interface, use, How::Resolved);
}

// The first that there is, from this one on.
void NameServers::apply(const std::string &interface, Use &use, How from) {
    if (from == How::Resolved && paths_->own_services && exists(paths_->resolved) &&
        helper_.has(paths_->resolvectl)) {
        use.how = How::Resolved;
        by_resolved(interface, use);
        return;
    }
    if (from != How::File && paths_->own_services && !resolvconf().empty()) {
        use.how = How::Resolvconf;
        by_resolvconf(interface, use, use.others == Others::Ignored);
        return;
    }
    use.how = How::File;
    if (const auto put = ResolvConf(paths_->file).put(section(interface, use)); !put) {
        uses_.erase(interface);
        problem_(interface, put.error().text);
    }
}

void NameServers::next(const std::string &interface, std::uint64_t number,
                       const std::string &failure) {
    const auto found = uses_.find(interface);
    if (found == uses_.end() || found->second.number != number)
        return;
    problem_(interface, failure);
    apply(interface, found->second,
          found->second.how == How::Resolved ? How::Resolvconf : How::File);
}

void NameServers::by_resolved(const std::string &interface, const Use &use) {
    Helper::Job servers{.words = {paths_->resolvectl, "dns", interface}, .input = {}, .done = {}};
    for (const base::Ipv4 server : use.servers)
        servers.words.push_back(server.text());
    // Of a link with the domain "~." are all names asked, of the others none that are not theirs.
    Helper::Job domain{.words = {paths_->resolvectl, "domain", interface,
                                 use.others == Others::Ignored ? "~." : ""},
                       .input = {},
                       .done = {}};
    const auto failed = std::make_shared<bool>(false);
    const auto done = [this, interface, number = use.number,
                       failed](const std::optional<std::string> &failure) {
        if (failure && !std::exchange(*failed, true))
            next(interface, number, *failure);
    };
    servers.done = done;
    domain.done = done;
    helper_.run(std::move(servers));
    helper_.run(std::move(domain));
}

void NameServers::by_resolvconf(const std::string &interface, const Use &use, bool exclusively) {
    Helper::Job job{.words = {resolvconf(), "-a", interface + std::string(EntrySuffix)},
                    .input = {},
                    .done = {}};
    if (exclusively)
        job.words.insert(job.words.begin() + 1, "-x");
    for (const base::Ipv4 server : use.servers)
        job.input += fmt::format("nameserver {}\n", server.text());
    job.done = [this, interface, number = use.number,
                exclusively](const std::optional<std::string> &failure) {
        const auto found = uses_.find(interface);
        if (!failure || found == uses_.end() || found->second.number != number)
            return;
        if (!exclusively) {
            next(interface, number, *failure);
            return;
        }
        problem_(interface,
                 "resolvconf(8) of this host knows no exclusive name servers: others are "
                 "used, too");
        by_resolvconf(interface, found->second, false);
    };
    helper_.run(std::move(job));
}

void NameServers::drop(const std::string &interface) {
    const auto found = uses_.find(interface);
    if (found == uses_.end())
        return;
    const Use use = std::move(found->second);
    uses_.erase(found);
    switch (use.how) {
    case How::Resolved:
        // With the interface it forgets them by itself, and then there is nothing to revert.
        helper_.run({.words = {paths_->resolvectl, "revert", interface}, .input = {}, .done = {}});
        break;
    case How::Resolvconf:
        helper_.run({.words = {resolvconf(), "-d", interface + std::string(EntrySuffix)},
                     .input = {},
                     .done = {}});
        break;
    case How::File:
        if (const auto taken = ResolvConf(paths_->file).take(section(interface, use)); !taken)
            problem_(interface, taken.error().text);
        break;
    }
}

void sweep_names(NameServers &names, netlink::Kernel &kernel) {
    const auto swept = names.sweep(kernel);
    if (!swept)
        base::log::warning("resolver.left", {},
                           "name servers that an earlier rtun may have left cannot be removed: {}",
                           swept.error().text);
    else if (*swept > 0)
        base::log::info("resolver.leftover", {},
                        "name servers of {} tunnels were left by an earlier rtun: removed", *swept);
}

base::Result<unsigned> NameServers::sweep(netlink::Kernel &kernel) {
    if (!paths_)
        return 0U;
    unsigned swept = TRY(ResolvConf(paths_->file).sweep([&](const ResolvSection &section) {
        if (section.netns != paths_->netns)
            return true;  // not ours to judge
        if (section.owner == owner_)
            return uses_.contains(section.interface);
        return device_exists(kernel, section.interface);
    }));
    const std::string program = resolvconf();
    if (!paths_->own_services || program.empty())
        return swept;
    for (const std::string &directory : paths_->entries) {
        std::error_code error;
        for (const auto &entry : std::filesystem::directory_iterator(directory, error)) {
            const std::string name = entry.path().filename().string();
            if (!name.ends_with(EntrySuffix))
                continue;
            const std::string interface = name.substr(0, name.size() - EntrySuffix.size());
            if (uses_.contains(interface) || device_exists(kernel, interface))
                continue;
            helper_.run({.words = {program, "-d", name}, .input = {}, .done = {}});
            swept++;
        }
    }
    return swept;
}

}  // namespace rtun::daemon
