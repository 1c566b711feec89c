#pragma once

#include "base/uuid.hpp"

#include <string>

namespace kaiwa::auth {

enum class UserRole { user, publisher, administrator };

/// Who is asking. Made by auth alone; every call into a store takes one, and a store shows a
/// principal nothing but its own.
struct Principal {
    UserId id;             ///< Owner of what it creates: a user's id, or a key's own.
    std::string username;  ///< Never changes; the owner's name in tables shared with other systems.
    UserRole role = UserRole::user;

    [[nodiscard]] bool is_administrator() const { return role == UserRole::administrator; }
};

}  // namespace kaiwa::auth
