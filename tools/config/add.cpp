// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an add comes to: the object that its words make, or the copy of another that they change.
#include <config/grammar.h>

#include <config/kinds.h>

#include <fmt/format.h>

namespace rtun::config {

template <typename T>
base::Result<T> object_of(const Add<T> &add, const T *source) {
    if (add.copy_from.empty()) {
        TRY(check(add.object));
        return add.object;
    }
    if (source == nullptr)
        return base::fail(base::ErrorCode::NotFound, fmt::format("copy-from: there is no {} \"{}\"",
                                                                 Kind<T>::name, add.copy_from));
    T copy = *source;
    copy.name = add.object.name;
    add.apply(copy);
    TRY(check(copy));
    return copy;
}
template base::Result<Client> object_of(const Add<Client> &, const Client *);
template base::Result<Secret> object_of(const Add<Secret> &, const Secret *);
template base::Result<Profile> object_of(const Add<Profile> &, const Profile *);
template base::Result<Pool> object_of(const Add<Pool> &, const Pool *);
template base::Result<ServerInterface> object_of(const Add<ServerInterface> &,
                                                 const ServerInterface *);

}  // namespace rtun::config
