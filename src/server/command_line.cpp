#include "server/command_line.hpp"

#include "auth/user_administration.hpp"
#include "server/edit_distance.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace kaiwa::server {
namespace {

/// An empty value is a variable of the caller's script that was not set: it is never the default.
std::string refuse_empty(std::string const& value) {
    return value.empty() ? "must not be empty" : "";
}

/// Flags that stand for keys of the configuration.
struct SharedFlags {
    std::string listen;
    std::string data;
    std::string config;

    void add_to(CLI::App& app, bool with_listen) {
        if (with_listen)
            app.add_option("--listen", listen, "address and port to serve on (127.0.0.1:8080)")
                ->check(refuse_empty);
        app.add_option("--data", data, "folder that holds everything (./data)")
            ->check(refuse_empty);
        app.add_option("--config", config, "configuration file (kaiwa.toml)")->check(refuse_empty);
    }
    void fill(CommandLine& line) const {
        if (!listen.empty()) line.flags["server.listen"] = Given{listen, "--listen"};
        if (!data.empty()) line.flags["server.data"] = Given{data, "--data"};
        if (!config.empty()) line.config_path = config;
    }
};

/// The command line's grammar; each subcommand says which command it is when it is chosen.
class Grammar {
public:
    Grammar() {
        app_.require_subcommand(1);
        add_serve();
        add_user();
        add_key();
        auto* config = group("config", "Look at the configuration");
        add(config, "explain", "Print each value and where it came from",
            [] { return ConfigExplain{}; });
        auto* check = group("check", "Ask whether things work");
        add(check, "health", "Ask the running server whether it takes new work",
            [] { return CheckHealth{}; });
        add(check, "aws", "Say who we are in AWS, and whether what is configured there answers",
            [] { return CheckAws{}; });
        add(&app_, "create-secret", "Print a new value for KAIWA_SECRET",
            [] { return CreateSecret{}; });
        auto* backup =
            add(&app_, "backup", "Copy everything to a new folder, also while the server runs",
                [this] { return Backup{text_}; });
        backup->add_option("folder", text_, "where to; a new or empty folder")
            ->required()
            ->check(refuse_empty);
        auto* restore =
            add(&app_, "restore", "Put a backup in the place of the data, while no server runs",
                [this] { return Restore{text_}; });
        restore->add_option("folder", text_, "a folder that kaiwa backup made")
            ->required()
            ->check(refuse_empty);
        add_migrate();
        add_import();
        add(&app_, "version", "Print the version", [] { return ShowVersion{}; });
    }

    Result<std::variant<CommandLine, HelpText>> parse(int argc, char const* const* argv) {
        std::vector<std::string_view> const words(argv + 1, argv + argc);
        if (!words.empty() && words[0] == "help") return help_with(argc, argv);
        if (words.size() == 1 && words[0] == "--version") {
            line_.command = ShowVersion{};
            return line_;
        }
        auto known = check_commands(words);
        if (!known) return std::unexpected(std::move(known.error()));
        try {
            app_.parse(argc, argv);
        } catch (CLI::CallForHelp const&) {
            return HelpText{app_.help()};  // of the command that was chosen
        } catch (CLI::CallForAllHelp const&) {
            return HelpText{app_.help("", CLI::AppFormatMode::All)};
        } catch (CLI::ParseError const& error) {
            return fail(Errc::invalid_argument,
                        fmt::format("{} ({} --help says what is possible)", error.what(), path()));
        }
        shared_.fill(line_);
        line_.command = make_();
        return line_;
    }

private:
    /// "kaiwa help user add" is "kaiwa user add --help".
    Result<std::variant<CommandLine, HelpText>> help_with(int argc, char const* const* argv) {
        std::vector<char const*> words{argv[0]};
        words.insert(words.end(), argv + 2, argv + argc);
        words.push_back("--help");
        return parse(static_cast<int>(words.size()), words.data());
    }
    /// Refuses a command that there is not; its name says more than the grammar's own error.
    Result<void> check_commands(std::vector<std::string_view> const& words) {
        std::string path = "kaiwa";
        auto* app = &app_;
        for (auto const word : words) {
            if (word.starts_with('-') || app->get_require_subcommand_min() == 0) break;
            auto const commands = app->get_subcommands(nullptr);
            auto const found = std::ranges::find_if(
                commands, [&](auto const* one) { return one->get_name() == word; });
            if (found == commands.end()) return unknown_command(path, commands, word.substr(0, 80));
            path += fmt::format(" {}", word);
            app = *found;
        }
        return {};
    }
    static std::unexpected<Error> unknown_command(std::string const& path,
                                                  std::vector<CLI::App*> const& commands,
                                                  std::string_view word) {
        std::string nearest;
        for (auto const* one : commands)
            if (nearest.empty() ||
                edit_distance(word, one->get_name()) < edit_distance(word, nearest))
                nearest = one->get_name();
        bool const is_near =
            edit_distance(word, nearest) <= std::max<std::size_t>(2, word.size() / 3);
        return fail(Errc::invalid_argument,
                    is_near ? fmt::format("there is no command \"{} {}\"; did you mean {} {}?",
                                          path, word, path, nearest)
                            : fmt::format("there is no command \"{} {}\"; {} --help lists them",
                                          path, word, path));
    }
    /// The commands that were chosen, as they were typed.
    std::string path() {
        std::string path = "kaiwa";
        for (auto* app = &app_; !app->get_subcommands().empty();) {
            app = app->get_subcommands().front();
            path += " " + app->get_name();
        }
        return path;
    }
    CLI::App* group(std::string const& name, std::string const& about) {
        auto* app = app_.add_subcommand(name, about);
        app->require_subcommand(1);
        return app;
    }
    CLI::App* add(CLI::App* parent, std::string const& name, std::string const& about,
                  std::function<Command()> make) {
        auto* app = parent->add_subcommand(name, about);
        shared_.add_to(*app, name == "serve" || name == "health");
        app->callback([this, make = std::move(make)] { make_ = make; });
        return app;
    }
    void add_password_option(CLI::App* app) {
        app->add_flag_callback(
            "--password-stdin",
            [this] { line_.password_from = CommandLine::PasswordFrom::standard_input; },
            "read the password from standard input, one line");
    }

    void add_migrate() {
        auto const kind = [](std::string const& name) {
            return name == "dynamodb" ? StoreKind::dynamodb : StoreKind::sqlite;
        };
        auto const files = [](std::string const& name) -> std::optional<FilesKind> {
            if (name.empty()) return std::nullopt;
            return name == "s3" ? FilesKind::s3 : FilesKind::directory;
        };
        auto* migrate =
            add(&app_, "migrate",
                "Copy everything to another kind of store, while no server runs; "
                "run it again to go on after an interruption",
                [this, kind, files] {
                    return Migrate{kind(from_), kind(to_), files(files_from_), files(files_to_)};
                });
        auto const kinds = CLI::IsMember({"sqlite", "dynamodb"});
        migrate->add_option("--from", from_, "sqlite or dynamodb")->required()->check(kinds);
        migrate->add_option("--to", to_, "the other one, which must hold nothing else")
            ->required()
            ->check(kinds);
        auto const places = CLI::IsMember({"directory", "s3"});
        migrate
            ->add_option("--files-from", files_from_,
                         "where the files' bytes are: directory or s3 (files.kind)")
            ->check(places);
        migrate
            ->add_option("--files-to", files_to_,
                         "where they are to be: directory or s3 (files.kind)")
            ->check(places);
    }
    void add_import() {
        auto* sources = group(
            "import", "Bring in what another system's table holds, also while the server runs");
        struct Source {
            char const* name;
            char const* about;
            Import::From from;
            char const* table;
        };
        using From = Import::From;
        for (auto const& source :
             {Source{"chainlit", "Threads of Chainlit's DynamoDB data layer", From::chainlit,
                     "ChainlitData"},
              Source{"langchain", "Sessions of LangChain's DynamoDBChatMessageHistory",
                     From::langchain, "ChatMessageHistory"},
              Source{"bedrock-chat", "Conversations of bedrock-chat", From::bedrock_chat,
                     "ConversationTableV3"},
              Source{"genu", "Chats of GenU (generative-ai-use-cases)", From::genu, "GenU"},
              Source{"private-rag", "Sessions of a private RAG's ChatHistory", From::private_rag,
                     "ChatHistory"},
              Source{"user-roles", "Roles of GPTGRAM's UserRoles", From::user_roles, "UserRoles"}})
            add_source(sources, source.name, source.about, source.from, source.table);
    }
    void add_source(CLI::App* parent, char const* name, char const* about, Import::From from,
                    char const* table) {
        auto* app = add(parent, name, about, [this, from, table = std::string(table)] {
            return Import{.from = from,
                          .table = table_.empty() ? table : table_,
                          .user_table = user_table_,
                          .file = file_,
                          .user = username_,
                          .issuer = issuer_,
                          .key = session_key_,
                          .bucket = bucket_,
                          .mode = flag_ ? Import::Mode::look : Import::Mode::store};
        });
        auto const option = [app](char const* flag, std::string& into, std::string const& about) {
            app->add_option(flag, into, about)->check(refuse_empty);
        };
        option("--table", table_, fmt::format("the table's name ({})", table));
        if (from == Import::From::chainlit) {
            app->add_option("--user-table", user_table_,
                            "its sample's table of users (UserAuth); \"\" where there is none");
        } else {
            option("--file", file_, "read an export instead: DynamoDB's JSON, an item a line");
            bool const names_owners = from == Import::From::bedrock_chat ||
                                      from == Import::From::genu ||
                                      from == Import::From::user_roles;
            if (names_owners)
                option("--issuer", issuer_,
                       "its people are subjects of this issuer, and become its users here");
        }
        if (from == Import::From::langchain)
            option("--key", session_key_, "the table's hash key (SessionId)");
        if (from == Import::From::bedrock_chat)
            option("--bucket", bucket_, "where it keeps long conversations");
        if (from == Import::From::chainlit)
            option("--bucket", bucket_,
                   "where it keeps pictures and files (the one of files.s3.bucket)");
        if (from != Import::From::user_roles)
            option("--user", username_, "give everything to this user");
        app->add_flag("--dry-run", flag_, "say what would come in, and store nothing");
    }
    void add_serve() {
        auto* serve =
            add(&app_, "serve", "Serve the page and the API", [this] { return Serve{flag_}; });
        serve->add_flag(
            "-w,--watch", flag_,
            "while developing: read the page from web/dist, reload a changed configuration");
    }
    void add_user() {
        auto* user = group("user", "Manage users, also while the server runs");
        auto* add_one = add(user, "add", "Add a user", [this] {
            return UserAdd{text_, shown_name_,
                           auth::parse_user_role(role_).value_or(auth::UserRole::user)};
        });
        add_one->add_option("username", text_, "what they sign in with; never changes")->required();
        add_one->add_option("--name", shown_name_, "the name to show");
        add_one->add_option("--role", role_, "user, publisher or administrator")
            ->check(CLI::IsMember({"user", "publisher", "administrator"}));
        add_password_option(add_one);
        add(user, "list", "List all users", [] { return UserList{}; });
        auto* passwd = add(user, "passwd", "Set a user's password and end all their sessions",
                           [this] { return UserPasswd{text_}; });
        add_password_option(passwd);
        auto* disable = add(user, "disable", "Keep a user out, at once",
                            [this] { return UserDisable{text_, !flag_}; });
        disable->add_flag("--undo", flag_, "let them in again");
        auto* remove = add(user, "delete", "Delete a user and all that is theirs",
                           [this] { return UserDelete{text_, flag_}; });
        remove->add_flag("--yes", flag_, "do not ask; without a terminal nobody is asked");
        for (auto* app : {passwd, disable, remove}) app->add_option("username", text_)->required();
    }
    void add_key() {
        auto* key = group("key", "Manage API keys, also while the server runs");
        auto* add_one = add(key, "add", "Make an API key and print it, once", [this] {
            return KeyAdd{text_, username_.empty() ? std::nullopt : std::optional(username_)};
        });
        add_one->add_option("name", text_, "to recognise it by")->required();
        add_one->add_option("--user", username_, "whose it is; left out: a principal of its own")
            ->check(refuse_empty);
        add(key, "list", "List all API keys", [] { return KeyList{}; });
        auto* revoke =
            add(key, "revoke", "Make a key void, at once", [this] { return KeyRevoke{text_}; });
        revoke->add_option("key", text_, "its id, prefix or name")->required();
    }

    CLI::App app_{"Kaiwa: a chat server for your own models", "kaiwa"};
    SharedFlags shared_;
    CommandLine line_;
    std::function<Command()> make_;
    std::string text_;
    std::string shown_name_;
    std::string username_;
    std::string from_;
    std::string files_from_;
    std::string files_to_;
    std::string table_;
    std::string user_table_ = "UserAuth";
    std::string file_;
    std::string issuer_;
    std::string session_key_ = "SessionId";
    std::string bucket_;
    std::string to_;
    std::string role_ = "user";
    bool flag_ = false;
};

}  // namespace

Result<std::variant<CommandLine, HelpText>> parse_command_line(int argc, char const* const* argv) {
    return Grammar().parse(argc, argv);
}

}  // namespace kaiwa::server
