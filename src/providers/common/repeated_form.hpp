#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kaiwa::providers {

/// The form that the chunks of one answer share: most of them repeat the one before, byte by byte,
/// but for the string with the newest words. Comparing what is around that string is far quicker
/// than reading it again, and means the same: JSON that differs in one string alone is read the
/// same way up to that string and behind it.
///
///     if (form.read(json, words)) …      // json is the form with other words
///     else read everything, then form.learn(json, literal)
class RepeatedForm {
public:
    /// Bytes around the string that are worth keeping.
    static constexpr std::size_t max_bytes = 1024;

    /// Appends the string in `json` to `words` when all around it is as in the form. False: nothing
    /// is appended, and `json` must be read in full. So it is with an empty string, too.
    bool read(std::string_view json, std::string& words) const;

    /// Takes the form of `json`. `literal` is the part of it that may be another string, with its
    /// quotes. A form that is too long is not kept.
    void learn(std::string_view json, std::string_view literal);

private:
    std::string around_;
    std::size_t before_ = 0;  // bytes of `around_` that stand before the string
};

}  // namespace kaiwa::providers
