#pragma once

#include "auth/principal.hpp"
#include "kaiwa/error.hpp"
#include "server/config_sources.hpp"
#include "server/settings.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kaiwa::server {

struct Serve {
    bool watch =
        false;  ///< Reload the configuration when its file changes, the page from web/dist.
};
struct UserAdd {
    std::string username;
    std::string name;
    auth::UserRole role = auth::UserRole::user;
};
struct UserList {};
struct UserPasswd {
    std::string username;
};
struct UserDisable {
    std::string username;
    bool disabled = true;
};
struct UserDelete {
    std::string username;
    bool is_sure = false;  ///< Nobody is asked, on a terminal neither.
};
struct KeyAdd {
    std::string name;
    std::optional<std::string> username;
};
struct KeyList {};
struct KeyRevoke {
    std::string key;  ///< Its id, prefix or name.
};
struct ConfigExplain {};
struct CreateSecret {};
struct Backup {
    std::string target;
};
struct Restore {
    std::string source;
};
/// Copies everything from one kind of store to the other.
struct Migrate {
    StoreKind from = StoreKind::sqlite;
    StoreKind to = StoreKind::dynamodb;
    /// Where the files' bytes are, and are to be; unset: where the configuration keeps them.
    std::optional<FilesKind> files_from;
    std::optional<FilesKind> files_to;
};
/// Brings in what another system's table holds.
struct Import {
    enum class From { chainlit, langchain, bedrock_chat, genu, private_rag, user_roles } from;
    std::string table;       ///< Of DynamoDB, or what the file is an export of.
    std::string user_table;  ///< Of Chainlit's sample; empty: there is none.
    std::string file;        ///< An item a line; empty: the table itself is read.
    std::string user;        ///< Whose everything becomes; empty: as the table says.
    std::string issuer;      ///< Whose subjects the table's people are.
    std::string key;         ///< Of LangChain's table: the hash key.
    /// That bedrock-chat keeps long conversations in, Chainlit its files; empty: the one of the
    /// configuration.
    std::string bucket;
    enum class Mode { store, look } mode = Mode::store;  ///< `look`: nothing is stored.
};
struct CheckHealth {};
struct CheckAws {};
struct ShowVersion {};

using Command = std::variant<Serve, UserAdd, UserList, UserPasswd, UserDisable, UserDelete, KeyAdd,
                             KeyList, KeyRevoke, ConfigExplain, CreateSecret, Backup, Restore,
                             Migrate, Import, CheckHealth, CheckAws, ShowVersion>;

struct CommandLine {
    Command command;
    std::optional<std::string> config_path;
    std::map<std::string, Given> flags;  ///< Configuration given by flags, by path.
    enum class PasswordFrom { terminal, standard_input } password_from = PasswordFrom::terminal;
};

/// What `--help` asked for; print it and end well.
struct HelpText {
    std::string text;
};

/// Reads the arguments. Fails with `invalid_argument` and a message for the person.
Result<std::variant<CommandLine, HelpText>> parse_command_line(int argc, char const* const* argv);

}  // namespace kaiwa::server
