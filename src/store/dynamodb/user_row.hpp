#pragma once

#include "auth/user_store.hpp"
#include "store/dynamodb/engine.hpp"
#include "store/dynamodb/value.hpp"

#include <optional>
#include <string>

namespace kaiwa::store::dynamodb {

/// A person as the table UserAuth has it. Its own attributes are `username`, `password` (the
/// hexadecimal SHA-256 of it, or an argon2id string), `role` and `createdAt`; the rest is ours.
struct UserRow {
    auth::UserWithPassword shown;
    std::optional<std::string> id;         ///< As written; unset in rows that other programs made.
    std::uint64_t session_epoch = 0;       ///< Sessions of an older one are over.
    std::string password;                  ///< As written.
    std::optional<std::string> rehashed;   ///< Beside a SHA-256 that must stay.
    std::optional<Value> role;             ///< As written; another program says "admin".
    bool has_disabled = false;

    [[nodiscard]] bool administrates() const {
        return shown.user.role == auth::UserRole::administrator && !shown.user.disabled;
    }
};

[[nodiscard]] UserRow read_user(Item const& item);
[[nodiscard]] Item user_item(auth::UserWithPassword const& user);
[[nodiscard]] inline Item user_name_key(std::string_view username) {
    return {{"username", username}};
}
/// As a member of a set in the item of all administrators.
[[nodiscard]] inline Value::Set set_of(UserId id) {
    return {Value::Set::Of::strings, {id.text()}};
}
/// The id of a person whom another program added: always the same for one name.
[[nodiscard]] UserId id_of_name(std::string_view username);

}  // namespace kaiwa::store::dynamodb
