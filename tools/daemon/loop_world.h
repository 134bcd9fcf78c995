// SPDX-License-Identifier: GPL-2.0-or-later
//
// The world as it is: the loop's clock and timers, the name service, TCP.
#pragma once

#include <base/fd.h>
#include <base/result.h>
#include <daemon/resolver.h>
#include <daemon/world.h>
#include <event/loop.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rtun::daemon {

class LoopWorld final : public World {
public:
    // loop outlives the world.
    [[nodiscard]] static base::Result<std::unique_ptr<LoopWorld>> create(event::Loop &loop);

    base::Time now() const override;
    double epoch() const override;
    std::string host_name() const override;
    const std::string &host_id() const override { return host_id_; }
    std::unique_ptr<Alarm> alarm(std::function<void()> callback) override;
    std::unique_ptr<Lookup> resolve(const std::string &name, LookupDone done) override;
    std::unique_ptr<Lookup> resolve_any(const std::string &name, AddressesDone done) override;
    base::Result<std::unique_ptr<Stream>> connect(const StreamOptions &options,
                                                  StreamHandlers handlers) override;
    base::Result<std::unique_ptr<Listener>> listen(const ListenOptions &options,
                                                   ListenHandlers handlers) override;
    std::unique_ptr<Stream> adopt(const std::string &name, StreamHandlers handlers) override;
    std::vector<std::string> kept() const override;
    void close_kept() override;

private:
    explicit LoopWorld(event::Loop &loop);

    event::Loop &loop_;
    std::string host_id_;
    Resolver resolver_;
    std::optional<event::Io> answers_;
    std::map<std::string, base::Fd> kept_;  // by an earlier program, for this one
};

}  // namespace rtun::daemon
