#include "server/command_line.hpp"

#include <gtest/gtest.h>

namespace kaiwa::server {
namespace {

Result<CommandLine> parse(std::vector<char const*> arguments) {
    arguments.insert(arguments.begin(), "kaiwa");
    auto parsed = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
    if (!parsed) return std::unexpected(parsed.error());
    if (auto* help = std::get_if<HelpText>(&*parsed)) return fail(Errc::cancelled, help->text);
    return std::get<CommandLine>(std::move(*parsed));
}

TEST(CommandLine, TurnsFlagsIntoConfiguration) {
    auto const line =
        parse({"serve", "--listen", "127.0.0.1:0", "--data", "d", "--config", "c.toml", "-w"})
            .value();
    EXPECT_TRUE(std::get<Serve>(line.command).watch);
    EXPECT_EQ(std::get<std::string>(line.flags.at("server.listen").value), "127.0.0.1:0");
    EXPECT_EQ(line.flags.at("server.data").source, "--data");
    EXPECT_EQ(line.config_path, "c.toml");
}

TEST(CommandLine, NamesACommandThatThereIsNot) {
    struct Case {
        std::vector<char const*> words;
        std::string_view says;
    };
    for (auto const& [words, says] :
         {Case{{"serv"}, "no command \"kaiwa serv\"; did you mean kaiwa serve?"},
          Case{{"user", "lst"}, "no command \"kaiwa user lst\"; did you mean kaiwa user list?"},
          Case{{"start", "--listen", "x"}, "no command \"kaiwa start\"; kaiwa --help lists them"},
          Case{{"user"}, "(kaiwa user --help says what is possible)"},
          Case{{"user", "add"}, "(kaiwa user add --help says what is possible)"},
          Case{{"serve", "--prot", "9"}, "(kaiwa serve --help says what is possible)"}}) {
        auto const parsed = parse(words);
        ASSERT_FALSE(parsed);
        EXPECT_EQ(parsed.error().code, Errc::invalid_argument);
        EXPECT_TRUE(parsed.error().message.contains(says)) << parsed.error().message;
    }
    EXPECT_TRUE(std::holds_alternative<ShowVersion>(parse({"--version"}).value().command));
    EXPECT_TRUE(parse({"help"}).error().message.contains("serve"));
}

TEST(CommandLine, AddsUsersWithARole) {
    auto const line =
        parse({"user", "add", "田中", "--role", "administrator", "--password-stdin", "--data", "d"})
            .value();
    auto const& add = std::get<UserAdd>(line.command);
    EXPECT_EQ(add.username, "田中");
    EXPECT_EQ(add.role, auth::UserRole::administrator);
    EXPECT_EQ(line.password_from, CommandLine::PasswordFrom::standard_input);
}

TEST(CommandLine, MakesKeysWithAndWithoutAUser) {
    EXPECT_EQ(std::get<KeyAdd>(parse({"key", "add", "ci"}).value().command).username, std::nullopt);
    EXPECT_EQ(std::get<KeyAdd>(parse({"key", "add", "ci", "--user", "a"}).value().command).username,
              "a");
    EXPECT_EQ(std::get<KeyRevoke>(parse({"key", "revoke", "kw_abc"}).value().command).key,
              "kw_abc");
}

TEST(CommandLine, MovesBetweenStores) {
    auto const line = parse({"migrate", "--from", "dynamodb", "--to", "sqlite"}).value();
    EXPECT_EQ(std::get<Migrate>(line.command).from, StoreKind::dynamodb);
    EXPECT_EQ(std::get<Migrate>(line.command).to, StoreKind::sqlite);
    EXPECT_EQ(std::get<Migrate>(line.command).files_to, std::nullopt);
    auto const files = parse({"migrate", "--from", "sqlite", "--to", "dynamodb", "--files-from",
                              "directory", "--files-to", "s3"});
    ASSERT_TRUE(files);
    EXPECT_EQ(std::get<Migrate>(files->command).files_to, FilesKind::s3);
    EXPECT_FALSE(parse({"migrate", "--from", "sqlite", "--to", "postgres"}));
    EXPECT_FALSE(parse({"migrate", "--from", "sqlite"}));
}

TEST(CommandLine, ImportsFromTablesThatHaveTheirUsualNames) {
    auto const line = parse({"import", "langchain", "--user", "hana"}).value();
    auto const& command = std::get<Import>(line.command);
    EXPECT_EQ(command.from, Import::From::langchain);
    EXPECT_EQ(command.table, "ChatMessageHistory");
    EXPECT_EQ(command.user, "hana");
    auto const named = parse({"import", "genu", "--table", "T", "--file", "f", "--issuer", "i"});
    ASSERT_TRUE(named);
    EXPECT_EQ(std::get<Import>(named->command).table, "T");
    EXPECT_EQ(std::get<Import>(named->command).file, "f");
    EXPECT_EQ(std::get<Import>(named->command).issuer, "i");
    EXPECT_FALSE(parse({"import"}));
    EXPECT_EQ(std::get<Import>(named->command).mode, Import::Mode::store);
    auto const looks = parse({"import", "langchain", "--key", "id", "--dry-run"});
    ASSERT_TRUE(looks);
    EXPECT_EQ(std::get<Import>(looks->command).key, "id");
    EXPECT_EQ(std::get<Import>(looks->command).mode, Import::Mode::look);
    auto const chainlit = parse({"import", "chainlit", "--user-table", ""});
    ASSERT_TRUE(chainlit);
    EXPECT_EQ(std::get<Import>(chainlit->command).user_table, "");
    EXPECT_EQ(std::get<Import>(parse({"import", "chainlit"})->command).user_table, "UserAuth");
    EXPECT_FALSE(parse({"import", "chainlit", "--file", "f"}));
    auto const large = parse({"import", "bedrock-chat", "--bucket", "b"});
    ASSERT_TRUE(large);
    EXPECT_EQ(std::get<Import>(large->command).bucket, "b");
    EXPECT_FALSE(parse({"import", "genu", "--bucket", "b"}));
    EXPECT_FALSE(parse({"import", "langchain", "--issuer", "i"})) << "its items name nobody";
    EXPECT_FALSE(parse({"import", "user-roles", "--user", "u"}));
}

TEST(CommandLine, SaysWhatIsWrong) {
    for (std::vector<char const*> const& wrong :
         std::vector<std::vector<char const*>>{{},
                                               {"serv"},
                                               {"serve", "--lisen", "x"},
                                               {"user"},
                                               {"user", "add"},
                                               {"user", "add", "a", "--role", "king"},
                                               {"key", "add"},
                                               {"key", "add", "k", "--user", ""},
                                               {"serve", "--data", ""},
                                               {"backup"},
                                               {"backup", ""},
                                               {"restore", ""},
                                               {"import", "genu", "--user", "a", "--file", ""},
                                               {"import", "genu", "--user", ""},
                                               {"import", "genu", "--issuer", ""},
                                               {"import", "langchain", "--table", ""},
                                               {"import", "langchain", "--key", ""},
                                               {"import", "chainlit", "--bucket", ""},
                                               {"serve", "--data", "a", "--data", "b"},
                                               {"backup", "a", "b"},
                                               {"version", "x"}}) {
        auto const refused = parse(wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::invalid_argument);
        EXPECT_FALSE(refused.error().message.empty());
    }
}

TEST(CommandLine, HelpsWithTheSubcommandThatWasAskedAbout) {
    EXPECT_EQ(parse({"--help"}).error().code, Errc::cancelled);
    auto const add = parse({"user", "add", "--help"}).error().message;
    EXPECT_TRUE(add.contains("--password-stdin"));
    EXPECT_TRUE(add.contains("Usage: kaiwa user add ")) << add;
    EXPECT_TRUE(parse({"serve", "--help"}).error().message.contains("Usage: kaiwa serve "));
    EXPECT_EQ(parse({"help", "user", "add"}).error().message, add);
    EXPECT_TRUE(parse({"help", "serve"}).error().message.contains("Usage: kaiwa serve "));
    EXPECT_TRUE(parse({"help", "serv"}).error().message.contains("did you mean kaiwa serve?"));
    EXPECT_TRUE(parse({"help", "user"}).error().message.contains("passwd"));
    EXPECT_TRUE(parse({"help", "--help"}).error().message.contains("Usage: kaiwa "));
}

}  // namespace
}  // namespace kaiwa::server
