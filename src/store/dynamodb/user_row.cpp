#include "store/dynamodb/user_row.hpp"

#include "auth/user_administration.hpp"
#include "store/dynamodb/keys.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {

using auth::UserRole;

namespace {

UserRole read_role(std::string_view text) {
    if (text == "administrator" || text == "admin") return UserRole::administrator;
    return text == "publisher" ? UserRole::publisher : UserRole::user;
}

bool is_sha256(std::string_view text) {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

}  // namespace

UserId id_of_name(std::string_view username) {
    return UserId{id_of_text(fmt::format("kaiwa user {}", username))};
}

UserRow read_user(Item const& item) {
    UserRow row;
    auto& user = row.shown.user;
    user.username = string_or(item, "username");
    row.id = optional_string(item, "id");
    auto const id = row.id ? UserId::parse(*row.id) : std::nullopt;
    user.id = id.value_or(id_of_name(user.username));
    user.name = string_or(item, "name");
    if (auto const* role = find(item, "role")) row.role = *role;
    user.role = read_role(string_or(item, "role"));
    row.has_disabled = find(item, "disabled") != nullptr;
    user.disabled = bool_or(item, "disabled");
    user.created_at = from_iso(string_or(item, "createdAt"));
    if (auto const* seen = find_string(item, "lastSeenAt")) user.last_seen_at = from_iso(*seen);
    row.session_epoch =
        static_cast<std::uint64_t>(optional_integer(item, "sessionEpoch").value_or(0));
    row.password = string_or(item, "password");
    row.rehashed = optional_string(item, "kaiwaPassword");
    bool const legacy = is_sha256(row.password);
    // A hash beside the old one counts while the old one is the one it was made of.
    bool const current = row.rehashed && string_or(item, "kaiwaPasswordOf") == row.password;
    if (current) row.shown.password_hash = *row.rehashed;
    else row.shown.password_hash = legacy ? "sha256:" + row.password : row.password;
    return row;
}

Item user_item(auth::UserWithPassword const& added) {
    auto const& user = added.user;
    Item item{{"username", user.username},
              {"password", added.password_hash.starts_with("sha256:")
                               ? added.password_hash.substr(7)
                               : added.password_hash},
              {"role", auth::to_string(user.role)},
              {"createdAt", to_iso(user.created_at)},
              {"id", user.id.text()},
              {"name", user.name},
              {"disabled", user.disabled},
              {"sessionEpoch", 0}};
    if (user.last_seen_at) item.emplace("lastSeenAt", to_iso(*user.last_seen_at));
    return item;
}

}  // namespace kaiwa::store::dynamodb
