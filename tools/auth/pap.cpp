// SPDX-License-Identifier: GPL-2.0-or-later
//
// PAP, the requesting side (RFC 1334 section 2): Authenticate-Request, repeated until there is a
// reply or enough have been sent.
#include <auth/engines.h>

#include <fmt/format.h>

#include <algorithm>

namespace rtun::auth {

namespace {

class PapPeer final : public Peer {
public:
    PapPeer(Credentials credentials, PeerOptions options)
        : credentials_(std::move(credentials)), options_(options) {}

    void start(base::Time now) override;
    void resume(base::Time) override {}  // nothing is awaited any more
    void receive(std::uint16_t protocol, base::View payload, base::Time now) override;
    void expire(base::Time now) override;
    [[nodiscard]] base::Deadline deadline() const override { return deadline_; }

private:
    void send_request(base::Time now);
    void finish(Output output);

    Credentials credentials_;
    PeerOptions options_;
    base::Deadline deadline_;  // set while a reply is awaited
    int requests_ = 0;         // sent so far; the last one had this number as its identifier
};

void PapPeer::start(base::Time now) {
    requests_ = 0;
    if (auto why = unusable(credentials_, Method::Pap))
        return finish(std::move(*why));
    send_request(now);
}

// "The Identifier field MUST be changed each time an Authenticate-Request packet is issued."
void PapPeer::send_request(base::Time now) {
    requests_++;
    outputs_.push_back(
        Send{info(Method::Pap).protocol,
             wire::encode(wire::PapRequest{static_cast<std::uint8_t>(requests_), credentials_.user,
                                           credentials_.password})});
    deadline_ = now + options_.retry;
}

void PapPeer::finish(Output output) {
    deadline_.reset();
    outputs_.push_back(std::move(output));
}

void PapPeer::receive(std::uint16_t protocol, base::View payload, base::Time) {
    if (protocol != info(Method::Pap).protocol || !deadline_)
        return;
    const auto packet = wire::decode_pap(payload);
    if (!packet)
        return;
    // All requests were the same but for their identifiers, so the answer to an earlier one that
    // comes late is as good as one to the last.
    const auto answers_us = [this](std::uint8_t id) {
        const auto age = static_cast<std::uint8_t>(static_cast<std::uint8_t>(requests_) - id);
        return age < std::min(requests_, 256);
    };
    if (const auto *ack = std::get_if<wire::PapAck>(&*packet); ack && answers_us(ack->id))
        finish(Succeeded{shown(ack->message.value_or(""))});
    else if (const auto *nak = std::get_if<wire::PapNak>(&*packet); nak && answers_us(nak->id))
        finish(plainly_rejected(nak->message.value_or("")));
}

void PapPeer::expire(base::Time now) {
    if (!deadline_ || now < *deadline_)
        return;
    if (requests_ < options_.max_requests)
        return send_request(now);
    finish(Failed{Failed::Why::Timeout, 0,
                  fmt::format("no reply to {} authentication requests", requests_)});
}

}  // namespace

std::unique_ptr<Peer> make_pap(Credentials credentials, PeerOptions options) {
    return std::make_unique<PapPeer>(std::move(credentials), options);
}

}  // namespace rtun::auth
