// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tool's end of the control socket: connects, asks and waits for the reply, all blocking with
// a time limit. After a successful "monitor" request the same connection yields events.
#pragma once

#include <base/fd.h>
#include <base/result.h>
#include <ctl/message.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace rtun::ctl {

class Client {
public:
    // ErrorCode::NoDaemon, with how to start one, if nobody listens there.
    [[nodiscard]] static base::Result<Client> connect(const std::string &path);

    // The reply's own error comes as an error, too.
    [[nodiscard]] base::Result<Reply> call(const Request &request,
                                           std::chrono::milliseconds limit = DefaultLimit);

    // Readable when there may be events. Some may have come together with the reply, so events()
    // has to be called once before the first wait.
    [[nodiscard]] int descriptor() const { return socket_.get(); }
    // The events that are there, without waiting. ErrorCode::NoDaemon once the daemon has closed.
    [[nodiscard]] base::Result<std::vector<Event>> events();

    static constexpr std::chrono::milliseconds DefaultLimit{30000};

private:
    Client(base::Fd socket, std::string path)
        : socket_(std::move(socket)), path_(std::move(path)) {}
    [[nodiscard]] base::Status send(std::string_view data,
                                    std::chrono::steady_clock::time_point end);
    [[nodiscard]] base::Result<std::string> read_line(std::chrono::steady_clock::time_point end);
    [[nodiscard]] std::optional<std::string> take_line();
    [[nodiscard]] base::Result<bool> fill();  // false: nothing more for now

    base::Fd socket_;
    std::string path_;
    std::string buffer_;
};

}  // namespace rtun::ctl
