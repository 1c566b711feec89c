#pragma once

#include "kaiwa/error.hpp"

#include <boost/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kaiwa::server {

/// A value somebody gave, and where: "kaiwa.toml:12", "KAIWA_LISTEN", ".env:3" or "--listen".
struct Given {
    std::variant<std::string, boost::json::value> value;  ///< Text of a variable or flag, or typed.
    std::string source;
};

/// The variables of the environment, and those of `.env` below them.
class Environment {
public:
    enum class Layer { dotenv, process };
    struct Variable {
        std::string value;
        std::string source;  ///< Its name, or ".env:3 (NAME)".
        Layer layer = Layer::process;
    };

    /// A variable of the process; call it before `add_dotenv()`.
    void set(std::string name, std::string value);
    /// Reads `NAME=value` lines: `export` before and quotes around are understood, `#` begins a
    /// comment; a variable that is set already stays. Fails with `invalid_argument`, naming the
    /// line.
    Result<void> add_dotenv(std::string_view text, std::string_view file_name);

    /// The variable; null when it is not set or empty, which is the same here.
    [[nodiscard]] Variable const* find(std::string_view name) const;
    [[nodiscard]] auto begin() const { return variables_.begin(); }
    [[nodiscard]] auto end() const { return variables_.end(); }

private:
    std::map<std::string, Variable, std::less<>> variables_;
};

/// One list or table of the file, with the line that each of its parts stands on.
struct FileTree {
    boost::json::value value;
    std::map<std::string, unsigned, std::less<>>
        lines;  ///< By path: "server.listen", "providers[0].name".
};

/// Parses TOML 1.0 into JSON values. Dates and times are refused: no setting is one.
/// Fails with `invalid_argument` and a message that begins with `file_name:line:`.
Result<FileTree> parse_toml(std::string_view text, std::string_view file_name);

}  // namespace kaiwa::server
