// SPDX-License-Identifier: GPL-2.0-or-later
//
// One function a verb. Lists are read again while the generation changes under them.
#include <netlink/family.h>

#include <netlink/codec.h>

#include <fmt/format.h>

#include <cerrno>
#include <optional>

namespace rtun::netlink {

namespace {

// On a busy server there may be a change during every list. What stood through the whole of it is
// in the last one as well, so after some attempts that one is given.
constexpr int ListAttempts = 4;

std::uint32_t number(TunnelId id) { return static_cast<std::uint32_t>(id); }
std::uint32_t number(SessionId id) { return static_cast<std::uint32_t>(id); }

}  // namespace

template <typename T, typename Parse>
base::Result<T> Family::ask(Message message, const std::string &what, Parse parse) {
    const auto answer = TRY(socket_.request(std::move(message), what));
    for (const Datagram &datagram : answer)
        for (const Received &received : datagram.messages)
            if (received.type == id_)
                return parse(received);
    return base::fail(base::ErrorCode::System, what + ": empty answer from the kernel", EBADMSG);
}

template <typename T, typename Parse>
base::Result<std::vector<T>> Family::list(const Message &message, std::string_view what,
                                          Parse parse) {
    std::vector<T> all;
    bool changed = true;
    for (int attempt = 0; changed && attempt < ListAttempts; attempt++) {
        all.clear();
        changed = false;
        std::optional<std::uint32_t> generation;
        const auto answer = TRY(socket_.dump(message, std::string(what)));
        for (const Datagram &datagram : answer) {
            for (const Received &received : datagram.messages) {
                if (received.type != id_)
                    continue;  // the end of the dump
                all.push_back(TRY(parse(received)));
                const auto now = parse_generation(received);
                changed = changed || (generation && now != generation);
                generation = now;
            }
        }
    }
    return all;
}

base::Result<Info> Family::info() {
    return ask<Info>(build_info_get(id_), "information on rtun", parse_info);
}

base::Status Family::bind_owner(std::string_view name) {
    TRY(socket_.request(TRY(build_owner_bind(id_, name)), fmt::format("owner \"{}\"", name)));
    return {};
}

base::Result<TunnelId> Family::tunnel_add(const TunnelSpec &spec) {
    const std::string what =
        fmt::format("new tunnel from {} to {}", spec.local.text(), spec.remote.text());
    const Tunnel tunnel = TRY(ask<Tunnel>(TRY(build_tunnel_new(id_, spec)), what, parse_tunnel));
    return tunnel.id;
}

base::Status Family::tunnel_set(TunnelId id, const TunnelChange &change) {
    TRY(socket_.request(build_tunnel_set(id_, id, change), fmt::format("tunnel {}", number(id))));
    return {};
}

base::Status Family::tunnel_del(TunnelId id) {
    TRY(socket_.request(build_tunnel_del(id_, id), fmt::format("tunnel {}", number(id))));
    return {};
}

base::Result<Tunnel> Family::tunnel(TunnelId id) {
    return ask<Tunnel>(build_tunnel_get(id_, id), fmt::format("tunnel {}", number(id)),
                       parse_tunnel);
}

base::Result<std::vector<Tunnel>> Family::tunnels() {
    return list<Tunnel>(build_tunnel_dump(id_), "list of tunnels", parse_tunnel);
}

base::Result<Kernel::NewSession> Family::session_add(TunnelId tunnel, std::uint32_t local_id,
                                                     const SessionChange &initial) {
    const std::string what = fmt::format("new session in tunnel {}", number(tunnel));
    Message message = TRY(build_session_new(id_, tunnel, local_id, initial));
    const Session session = TRY(ask<Session>(std::move(message), what, parse_session));
    return Kernel::NewSession{session.id, session.local_id};
}

base::Status Family::session_set(SessionId id, const SessionChange &change) {
    TRY(socket_.request(TRY(build_session_set(id_, id, change)),
                        fmt::format("session {}", number(id))));
    return {};
}

base::Status Family::session_del(SessionId id) {
    TRY(socket_.request(build_session_del(id_, id), fmt::format("session {}", number(id))));
    return {};
}

base::Status Family::session_attach(SessionId id, LinkIndex link) {
    TRY(socket_.request(build_session_attach(id_, id, link),
                        fmt::format("device of session {}", number(id))));
    return {};
}

base::Status Family::session_detach(SessionId id) {
    TRY(socket_.request(build_session_detach(id_, id),
                        fmt::format("device of session {}", number(id))));
    return {};
}

base::Result<Session> Family::session(SessionId id) {
    return ask<Session>(build_session_get(id_, id), fmt::format("session {}", number(id)),
                        parse_session);
}

base::Result<std::vector<Session>> Family::sessions() {
    return list<Session>(build_session_dump(id_), "list of sessions", parse_session);
}

base::Status Family::frame_send(SessionId id, base::View frame) {
    TRY(socket_.request(TRY(build_frame(id_, id, frame)),
                        fmt::format("frame of session {}", number(id))));
    return {};
}

}  // namespace rtun::netlink
