#pragma once

#include "kaiwa/error.hpp"

#include <map>
#include <string>
#include <string_view>

namespace kaiwa::aws {

/// The settings of one section, by name in lower case.
class Section {
public:
    /// The setting, or empty.
    [[nodiscard]] std::string get(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return !get(name).empty(); }
    void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }
    /// Takes over the settings of `other`, which win.
    void join(Section const& other);

private:
    std::map<std::string, std::string, std::less<>> values_;
};

/// What AWS's shared files say ("Shared config and credentials files", AWS SDKs and Tools
/// Reference Guide). Nested settings (an empty value and indented lines below) are left out.
struct ProfileFile {
    std::map<std::string, Section, std::less<>> profiles;
    std::map<std::string, Section, std::less<>> sso_sessions;

    /// Takes over what `other` says, which wins setting by setting.
    void join(ProfileFile const& other);
};

enum class ProfileFileKind {
    config,       ///< `[profile x]`, `[default]`, `[sso-session x]`; other sections are ignored.
    credentials,  ///< `[x]`.
};

/// Fails with `invalid_argument`, naming the line and never its content, for one that is neither a
/// section, a setting nor a comment.
[[nodiscard]] Result<ProfileFile> parse_profile_file(std::string_view text, ProfileFileKind kind);

}  // namespace kaiwa::aws
