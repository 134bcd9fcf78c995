// SPDX-License-Identifier: GPL-2.0-or-later
//
// The client's end of a multilink bundle: the real engine of a bundle over links that
// FakePptpClients have made, perhaps from several hosts. What it sends goes to the bundle's session
// of the server's FakeKernel, as if it had come in fragments.
#pragma once

#include <base/random.h>
#include <ppp/link.h>
#include <tests/fake/fake_kernel.h>
#include <tests/fake/fake_world.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace rtun::fake {

class FakeBundle {
public:
    FakeBundle(FakeWorld &world, FakeKernel &kernel, base::Random &random)
        : world_(world), kernel_(kernel), random_(random), alarm_(world.alarm([this] {
              if (link && !ended)
                  link->expire(world_.now());
              turn();
          })) {
        options_.encryption = ppp::Encryption::Auto;
    }

    // -- for FakePptpClient; link: the server's session
    void bridge(const base::Mac &mac) { options_.bridge = ppp::BridgeOptions{mac}; }
    void joined(netlink::SessionId session, const ppp::MultilinkReady &ready) {
        links.push_back(session);
        if (!link) {
            link.emplace(options_, random_);
            link->begin_bundle({.first = ready, .granted = {}}, world_.now());
        }
        turn();
    }
    void left(netlink::SessionId session) { std::erase(links, session); }
    void receive(base::View frame) {
        if (!link || ended)
            return;
        link->receive(frame, world_.now());
        turn();
    }

    // -- what it sees
    std::vector<netlink::SessionId> links;
    std::optional<ppp::Link> link;
    std::optional<ppp::EncryptionUp> encryption;
    std::optional<ppp::Ipv4Up> ipv4;
    std::optional<ppp::BridgeUp> bridged;
    std::optional<ppp::EndReason> ended;
    [[nodiscard]] bool up() const { return ipv4.has_value(); }
    // The session of the server.
    [[nodiscard]] std::optional<netlink::SessionId> session() const {
        for (const netlink::SessionId one : links)
            if (kernel_.has_session(one) && kernel_.session_of(one).bundle)
                return kernel_.session_of(one).bundle;
        return std::nullopt;
    }

private:
    void turn() {
        if (!link)
            return;
        for (auto outputs = link->take_outputs(); !outputs.empty(); outputs = link->take_outputs())
            for (const ppp::Output &output : outputs)
                take(output);
        alarm_->arm(ended ? std::nullopt : link->deadline());
    }
    void take(const ppp::Output &output) {
        if (const auto *frame = std::get_if<ppp::SendFrame>(&output)) {
            // The server may not have it yet: then it comes on a link as it is.
            const auto to = session();
            if (to)
                kernel_.inject_frame(*to, frame->frame);
            else if (!links.empty() && kernel_.has_session(links.front()))
                kernel_.inject_frame(links.front(), frame->frame);
        } else if (const auto *keys = std::get_if<ppp::EncryptionUp>(&output)) {
            encryption = *keys;
        } else if (const auto *up = std::get_if<ppp::Ipv4Up>(&output)) {
            ipv4 = *up;
        } else if (const auto *frames = std::get_if<ppp::BridgeUp>(&output)) {
            bridged = *frames;
        } else if (std::holds_alternative<ppp::Ipv4Down>(output)) {
            ipv4.reset();
        } else if (const auto *end = std::get_if<ppp::Ended>(&output)) {
            ended = end->reason;
            ipv4.reset();
        }
    }

    FakeWorld &world_;
    FakeKernel &kernel_;
    base::Random &random_;
    ppp::LinkOptions options_;
    std::unique_ptr<daemon::Alarm> alarm_;
};

}  // namespace rtun::fake
