// SPDX-License-Identifier: GPL-2.0-or-later
#include <ppp/bundle_key.h>

#include <ppp/link.h>

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace rtun::ppp {

BundleKey::BundleKey(std::optional<Discriminator> discriminator, std::string user)
    : discriminator_(std::move(discriminator)), user_(std::move(user)) {
    if (discriminator_ && discriminator_->null())
        discriminator_.reset();
}

BundleKey::BundleKey(const MultilinkReady &link)
    : BundleKey(link.agreed.peer_discriminator, link.user) {}

std::string BundleKey::text() const {
    constexpr std::size_t longest = 255;
    std::string said = base::printable(base::as_bytes(user_), longest);
    if (discriminator_)
        said += (said.empty() ? "" : ", ") + discriminator_->text();
    return said.empty() ? "anybody" : said;
}

std::size_t BundleKey::Hash::operator()(const BundleKey &key) const {
    std::string all = key.user_;
    if (key.discriminator_) {
        const base::View address = key.discriminator_->address();
        all.push_back('\0');
        all.push_back(static_cast<char>(key.discriminator_->in()));
        all.append(address.begin(), address.end());
    }
    return std::hash<std::string>{}(all);
}

std::optional<std::string> join_obstacle(const MultilinkAgreed &bundle,
                                         const MultilinkAgreed &link) {
    const auto differs = [](std::string_view what, auto has, auto wants) {
        return fmt::format("{} is {} on this link and {} in the bundle", what, has, wants);
    };
    const auto header = [](bool is_short) { return is_short ? "short" : "long"; };
    if (link.mrru != bundle.mrru)
        return differs("our MRRU", link.mrru, bundle.mrru);
    if (link.peer_mrru != bundle.peer_mrru)
        return differs("the peer's MRRU", link.peer_mrru, bundle.peer_mrru);
    if (link.short_rx != bundle.short_rx)
        return differs("the header that we receive", header(link.short_rx),
                       header(bundle.short_rx));
    if (link.short_tx != bundle.short_tx)
        return differs("the header that we send", header(link.short_tx), header(bundle.short_tx));
    if (link.classes_rx != bundle.classes_rx)
        return differs("the number of classes that we receive", link.classes_rx, bundle.classes_rx);
    if (link.classes_tx != bundle.classes_tx)
        return differs("the number of classes that we send", link.classes_tx, bundle.classes_tx);
    return std::nullopt;
}

}  // namespace rtun::ppp
