// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each part of the world is a thin hand-over to the loop.
#include <daemon/loop_world.h>

#include <base/random.h>
#include <daemon/tcp_stream.h>
#include <event/notify.h>

#include <unistd.h>

#include <array>
#include <fstream>
#include <utility>

namespace rtun::daemon {

namespace {

class LoopAlarm final : public Alarm {
public:
    explicit LoopAlarm(event::Timer timer) : timer_(std::move(timer)) {}
    void arm(base::Deadline deadline) override { timer_.arm(deadline); }

private:
    event::Timer timer_;
};

// machine-id(5). Where there is none, it is another one with each program.
std::string read_host_id() {
    std::string id;
    if (std::getline(std::ifstream("/etc/machine-id"), id) && !id.empty() && id != "uninitialized")
        return id;
    std::array<std::uint8_t, 16> octets{};
    base::SystemRandom().fill(octets);
    return base::to_hex(octets);
}

}  // namespace

LoopWorld::LoopWorld(event::Loop &loop) : loop_(loop), host_id_(read_host_id()) {}

base::Result<std::unique_ptr<LoopWorld>> LoopWorld::create(event::Loop &loop) {
    std::unique_ptr<LoopWorld> world(new LoopWorld(loop));
    LoopWorld &self = *world;
    world->answers_ =
        TRY(event::Io::create(loop, self.resolver_.descriptor(), event::Interest::Read,
                              [&self](event::Ready) { self.resolver_.dispatch(); }));
    for (event::notify::Stored &stored : event::notify::stored())
        world->kept_.insert_or_assign(stored.name, std::move(stored.fd));
    return world;
}

base::Time LoopWorld::now() const { return loop_.now(); }

double LoopWorld::epoch() const { return loop_.epoch(); }

std::string LoopWorld::host_name() const {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) < 0)
        return "localhost";
    return name.data();
}

std::unique_ptr<Alarm> LoopWorld::alarm(std::function<void()> callback) {
    auto timer = event::Timer::create(loop_, std::move(callback));
    RTUN_ASSERT(timer);  // fails only for want of memory
    return std::make_unique<LoopAlarm>(std::move(*timer));
}

std::unique_ptr<Lookup> LoopWorld::resolve(const std::string &name, LookupDone done) {
    return resolver_.resolve(
        name, base::Families::Inet,
        [done = std::move(done)](const base::Result<std::vector<base::Address>> &answer) {
            if (!answer) {
                done(base::fail(answer.error()));
                return;
            }
            std::vector<base::Ipv4> addresses;
            for (const base::Address &address : *answer)
                if (address.v4() != nullptr)
                    addresses.push_back(*address.v4());
            done(std::move(addresses));
        });
}

std::unique_ptr<Lookup> LoopWorld::resolve_any(const std::string &name, AddressesDone done) {
    return resolver_.resolve(name, base::Families::Any, std::move(done));
}

base::Result<std::unique_ptr<Stream>> LoopWorld::connect(const StreamOptions &options,
                                                         StreamHandlers handlers) {
    return open_tcp(loop_, options, std::move(handlers));
}

base::Result<std::unique_ptr<Listener>> LoopWorld::listen(const ListenOptions &options,
                                                          ListenHandlers handlers) {
    return listen_tcp(loop_, options, std::move(handlers));
}

std::unique_ptr<Stream> LoopWorld::adopt(const std::string &name, StreamHandlers handlers) {
    const auto found = kept_.find(name);
    if (found == kept_.end())
        return nullptr;
    base::Fd fd = std::move(found->second);
    kept_.erase(found);
    auto stream = adopt_tcp(loop_, std::move(fd), name, std::move(handlers));
    if (stream)
        return std::move(*stream);
    event::notify::unstore(name);  // it broke meanwhile
    return nullptr;
}

std::vector<std::string> LoopWorld::kept() const {
    std::vector<std::string> names;
    for (const auto &[name, fd] : kept_)
        names.push_back(name);
    return names;
}

void LoopWorld::close_kept() {
    for (const auto &[name, fd] : kept_)
        event::notify::unstore(name);
    kept_.clear();
}

}  // namespace rtun::daemon
