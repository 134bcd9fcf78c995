// SPDX-License-Identifier: GPL-2.0-or-later
//
// Both ends of the control socket, over a real one. The daemon's end against three connections that
// send any octets in any pieces, and the tool's end against a daemon that does. The input is a list
// of steps: an octet that says what and on which connection, the number of octets that follow, and
// they. Requests are given to the owner one at a time for each connection, what is written are
// whole messages, and nothing stays when everybody has gone.
#include <ctl/client.h>
#include <ctl/message.h>
#include <ctl/server.h>

#include <base/bytes.h>
#include <base/fd.h>
#include <fuzz/target.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace rtun;
using fuzz::check;

namespace {

// One folder for all inputs, that goes when the process does.
class Folder {
public:
    Folder() { check(::mkdtemp(name_.data()) != nullptr, "there is a folder for sockets"); }
    ~Folder() { static_cast<void>(::rmdir(name_.c_str())); }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    [[nodiscard]] std::string file(std::string_view name) const {
        return name_ + "/" + std::string(name);
    }

private:
    std::string name_ = "/tmp/rtun-fuzz-XXXXXX";
};

const Folder &folder() {
    static const Folder one;
    return one;
}

sockaddr_un address_of(const std::string &path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
}

base::Fd stream() { return base::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)); }

void send_all(const base::Fd &to, base::View octets) {
    while (!octets.empty()) {
        const ssize_t sent = ::send(to.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        octets = octets.subspan(static_cast<std::size_t>(sent));
    }
}

class ServerRun {
public:
    ServerRun()
        : path_(folder().file("server")), server_(std::move(ctl::Server::create(path_).value())) {}

    void step(base::Reader &in) {
        const std::uint8_t what = in.u8();
        const std::size_t which = (what >> 3) % peers_.size();
        const std::size_t length = in.be16();
        const base::View octets = in.bytes(std::min(length, in.left()));
        base::Fd &peer = peers_[which];
        switch (what & 7) {
        case 0:
            if (!peer.valid())
                connect(peer);
            break;
        case 1:
            peer.reset();
            texts_[which].clear();
            break;
        case 2:
            if (peer.valid())
                ::shutdown(peer.get(), SHUT_WR);
            break;
        case 3:
            answer(octets);
            break;
        case 4:
            server_.publish({.time = 1,
                             .id = "fuzz.event",
                             .object = "fuzz",
                             .name = std::string(octets.begin(), octets.end()),
                             .text = {},
                             .fields = {}});
            break;
        default:
            if (peer.valid())
                send_all(peer, octets);
        }
        serve();
        read_all();
    }

    void finish() {
        for (base::Fd &peer : peers_)
            peer.reset();
        serve();
        while (!open_.empty())
            answer({});
        serve();
        serve();
        check(server_.connections() == 0, "nothing stays of those who have gone");
    }

private:
    void connect(base::Fd &peer) {
        peer = stream();
        const sockaddr_un address = address_of(path_);
        check(::connect(peer.get(), reinterpret_cast<const sockaddr *>(&address),
                        sizeof(address)) == 0,
              "whoever connects is let in");
    }
    void serve() {
        for (ctl::Incoming &in : server_.serve()) {
            check(open_.emplace(in.connection, in.request.words).second,
                  "a connection has one request at a time");
            check(server_.connections() <= ctl::MaxConnections, "connections are bounded");
        }
        check(server_.subscribers() <= server_.connections(), "who listens is connected");
    }
    void answer(base::View octets) {
        if (open_.empty())
            return;
        const auto first = open_.begin();
        if (!first->second.empty() && first->second[0] == "monitor")
            server_.subscribe(first->first);
        ctl::Reply reply{.error = {}, .clients = {}, .lines = {}};
        reply.lines.emplace_back(octets.begin(), octets.end());
        server_.reply(first->first, reply);
        server_.reply(first->first, reply);  // twice is once
        open_.erase(first);
    }
    void read_all() {
        for (std::size_t i = 0; i < peers_.size(); ++i) {
            std::array<char, 4096> chunk{};
            ssize_t got = 0;
            while (peers_[i].valid() &&
                   (got = ::recv(peers_[i].get(), chunk.data(), chunk.size(), 0)) > 0)
                texts_[i].append(chunk.data(), static_cast<std::size_t>(got));
            for (std::size_t end; (end = texts_[i].find('\n')) != std::string::npos;) {
                const std::string_view line = std::string_view(texts_[i]).substr(0, end);
                check(ctl::decode_reply(line) || ctl::decode_event(line),
                      "what is written are messages");
                texts_[i].erase(0, end + 1);
            }
        }
    }

    std::string path_;
    ctl::Server server_;
    std::array<base::Fd, 3> peers_;
    std::array<std::string, 3> texts_;
    std::map<ctl::ConnectionId, std::vector<std::string>> open_;
};

// A daemon that has said all this and hung up.
void client(base::View input) {
    const std::string path = folder().file("client");
    const base::Fd listener = stream();
    const sockaddr_un address = address_of(path);
    check(::bind(listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) ==
                  0 &&
              ::listen(listener.get(), 1) == 0,
          "there is a socket");
    auto client = ctl::Client::connect(path);
    check(client.has_value(), "which can be connected to");
    {
        const base::Fd daemon(::accept(listener.get(), nullptr, nullptr));
        send_all(daemon, input);
        ::shutdown(daemon.get(), SHUT_WR);
        const ctl::Request request{.words = {"client", "show"}, .file = {}, .line = 0};
        const auto reply = client->call(request);
        check(reply || reply.error().text.size() <= input.size() + 1000,
              "what is shown of a refusal is bounded by what was said");
        std::size_t events = 0;
        for (int i = 0; i < 3; ++i) {
            const auto more = client->events();
            if (!more)
                break;
            events += more->size();
        }
        check(events <= input.size() / 2, "events are those that were sent");
    }
    static_cast<void>(::unlink(path.c_str()));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const base::View input(data, std::min<std::size_t>(size, 65536));
    client(input);
    base::Reader in(input);
    ServerRun run;
    while (in.ok() && in.left() > 0)
        run.step(in);
    run.finish();
    return 0;
}
