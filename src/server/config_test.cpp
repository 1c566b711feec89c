#include "server/config_fixture.hpp"

#include <fmt/format.h>

namespace kaiwa::server {
namespace {

TEST_F(ConfigTest, HasDefaultsForEverything) {
    auto const made = settings();
    EXPECT_EQ(made.listen.port(), 8080);
    EXPECT_TRUE(made.listen.address().is_loopback());
    EXPECT_EQ(made.drain_time, std::chrono::seconds(25));
    EXPECT_EQ(made.max_files, 20u);
    EXPECT_EQ(source_of("limits.turns_per_user"), "256 default");
}

TEST_F(ConfigTest, SaysTheSameDefaultsAsItUses) {
    // Every key given with the value that explain calls its default changes nothing.
    auto const made = make_configuration(sources).value();
    for (auto const& value : made.explained) {
        if (value.path == "secret") continue;
        sources.flags[value.path] = Given{boost::json::parse(value.value), "test"};
    }
    for (char const* dialect : {"lambda-url", "simplechat", "gptgram", "private-rag"})
        sources.flags.erase(fmt::format("compat.{}.principal", dialect));  // that of [compat]
    auto const again = settings();
    EXPECT_EQ(again.listen, made.settings.listen);
    EXPECT_EQ(again.data, made.settings.data);
    EXPECT_EQ(again.drain_time, made.settings.drain_time);
    EXPECT_EQ(again.turns_per_user, made.settings.turns_per_user);
    EXPECT_EQ(again.max_connections, made.settings.max_connections);
    EXPECT_EQ(again.max_answer_bytes, made.settings.max_answer_bytes);
    EXPECT_EQ(again.uploads_enabled, made.settings.uploads_enabled);
    EXPECT_EQ(again.upload_types, made.settings.upload_types);
    EXPECT_EQ(again.max_files, made.settings.max_files);
    EXPECT_EQ(again.max_file_bytes, made.settings.max_file_bytes);
    EXPECT_EQ(again.log_level, made.settings.log_level);
    EXPECT_EQ(again.log_format, made.settings.log_format);
    EXPECT_EQ(again.compat.stage, made.settings.compat.stage);
    EXPECT_EQ(again.compat.answer_within, made.settings.compat.answer_within);
    for (auto const dialect : api::compat::all_dialects) {
        EXPECT_EQ(again.compat.of(dialect).principal, made.settings.compat.of(dialect).principal);
        EXPECT_EQ(again.compat.of(dialect).turn.max_tokens,
                  made.settings.compat.of(dialect).turn.max_tokens);
        EXPECT_EQ(again.compat.of(dialect).turn.temperature,
                  made.settings.compat.of(dialect).turn.temperature);
        EXPECT_FALSE(again.compat.has(dialect));
    }
}

TEST_F(ConfigTest, LetsTheLaterSourceWin) {
    EXPECT_EQ(settings().listen.port(), 8080);
    sources.file_text = "[server]\nlisten = \"127.0.0.1:1\"\n";
    EXPECT_EQ(settings().listen.port(), 1);
    EXPECT_EQ(source_of("server.listen"), "\"127.0.0.1:1\" kaiwa.toml:2");
    ASSERT_TRUE(sources.environment.add_dotenv("KAIWA_LISTEN=127.0.0.1:2\n", ".env"));
    EXPECT_EQ(settings().listen.port(), 2);
    sources.environment.set("KAIWA_SERVER__LISTEN", "127.0.0.1:3");
    EXPECT_EQ(settings().listen.port(), 3);
    sources.flags["server.listen"] = Given{std::string("[::1]:4"), "--listen"};
    EXPECT_EQ(settings().listen.port(), 4);
    EXPECT_EQ(source_of("server.listen"), "\"[::1]:4\" --listen");
}

TEST_F(ConfigTest, ReadsEveryKindFromAVariable) {
    sources.environment.set("KAIWA_LIMITS__TURNS_PER_USER", "7");
    sources.environment.set("KAIWA_SERVER__TRUSTED_PROXIES", R"(["10.0.0.0/8","::1/128"])");
    sources.environment.set("KAIWA_UPLOADS__ENABLED", "false");
    sources.environment.set("KAIWA_SERVER__DRAIN_TIME", "2m");
    sources.environment.set("KAIWA_CHAT__STARTERS", R"([{"title":"t","prompt":"p"}])");
    auto const made = settings();
    EXPECT_EQ(made.turns_per_user, 7u);
    EXPECT_EQ(made.trusted_proxies.size(), 2u);
    EXPECT_FALSE(made.uploads_enabled);
    EXPECT_EQ(made.drain_time, std::chrono::minutes(2));
    EXPECT_EQ(made.starters, (std::vector<Starter>{{"t", "p"}}));
}

TEST_F(ConfigTest, GivesADialectItsOwnOrWhatHoldsForAll) {
    using api::compat::Dialect;
    using api::compat::PrincipalKind;
    sources.file_text = R"([compat]
endpoints = ["lambda-url", "gptgram"]
principal = "issuer"
issuer = "https://id.example"
audience = "client-1"
[compat.gptgram]
audience = "client-2"
parameters = { top_p = 1 }
)";
    sources.environment.set("KAIWA_COMPAT__LAMBDA_URL__PRINCIPAL", "anonymous");
    sources.environment.set("KAIWA_COMPAT__ANONYMOUS__REQUESTS_PER_MINUTE", "5");
    sources.environment.set("KAIWA_COMPAT__ANONYMOUS__SESSION_DAYS", "0");
    auto const made = settings();
    EXPECT_EQ(made.compat.anonymous.session_days, chat::for_good);
    auto const& url = made.compat.of(Dialect::lambda_url);
    EXPECT_TRUE(url.enabled);
    EXPECT_EQ(url.principal, PrincipalKind::anonymous);
    EXPECT_EQ(url.turn.max_tokens, 1000);
    auto const& gptgram = made.compat.of(Dialect::gptgram);
    EXPECT_EQ(gptgram.principal, PrincipalKind::issuer);
    EXPECT_EQ(gptgram.tokens.issuer, "https://id.example");
    EXPECT_EQ(gptgram.tokens.audience, "client-2");
    EXPECT_FALSE(gptgram.turn.max_tokens) << "a table of parameters replaces the one before";
    EXPECT_EQ(gptgram.turn.top_p, 1.0);
    EXPECT_FALSE(made.compat.has(Dialect::simplechat));
    EXPECT_EQ(made.compat.anonymous.requests_per_minute, 5u);
    EXPECT_EQ(source_of("compat.gptgram.audience"), "\"client-2\" kaiwa.toml:7");
}

TEST_F(ConfigTest, TakesTheTablesThatDialectsShareWithOthers) {
    EXPECT_FALSE(settings().compat_tables.langchain_history);
    EXPECT_TRUE(settings().compat_tables.roles.empty());
    sources.file_text = R"([compat]
history = "langchain"
history_days = 30
[compat.gptgram]
roles_table = "UserRoles"
)";
    sources.environment.set("KAIWA_COMPAT__HISTORY_TABLE", "Sessions");
    auto const tables = settings().compat_tables;
    EXPECT_TRUE(tables.langchain_history);
    EXPECT_EQ(tables.history, "Sessions");
    EXPECT_EQ(tables.history_expires, std::chrono::days(30));
    EXPECT_EQ(tables.roles, "UserRoles");
}

TEST_F(ConfigTest, TakesDynamoDbWithASecretThatEveryServerHas) {
    sources.file_text = "[store]\nkind = \"dynamodb\"\n[store.dynamodb]\nregion = \"eu-west-1\"\n";
    sources.environment.set("KAIWA_SECRET", std::string(32, 's'));
    sources.environment.set("KAIWA_STORE__DYNAMODB__ENDPOINT", "http://127.0.0.1:8000");
    auto const made = settings();
    EXPECT_EQ(made.store, StoreKind::dynamodb);
    EXPECT_EQ(made.dynamodb.table, "ChainlitData");
    EXPECT_EQ(made.dynamodb.region, "eu-west-1");
    EXPECT_EQ(made.dynamodb.endpoint, "http://127.0.0.1:8000");
}

TEST_F(ConfigTest, UsesTheEnvironmentsProxyOnlyWhenAsked) {
    sources.environment.set("HTTPS_PROXY", "http://ann:canary@proxy:3128");
    auto const url = http::parse_url("https://a.example/").value();
    EXPECT_EQ(settings().proxies.find(url), nullptr);
    sources.environment.set("KAIWA_SERVER__OUTBOUND_PROXY", "environment");
    auto const used = settings();
    ASSERT_NE(used.proxies.find(url), nullptr);
    EXPECT_EQ(used.proxies.find(url)->host, "proxy");
}

TEST_F(ConfigTest, KeepsTheVariablesThatAwsReads) {
    sources.environment.set("AWS_REGION", "eu-west-1");
    sources.environment.set("AWS_PROFILE", "");
    sources.environment.set("HOME", "/home/ann");
    sources.environment.set("SHELL", "/bin/sh");
    auto const kept = settings().aws_variables;
    EXPECT_EQ(kept.size(), 2u);
    EXPECT_TRUE(kept.contains("AWS_REGION"));
}

TEST_F(ConfigTest, TakesABucketForFiles) {
    sources.file_text = "[files]\nkind = \"s3\"\n[files.s3]\nbucket = \"our.files-1\"\n";
    sources.environment.set("KAIWA_FILES__S3__PREFIX", "kaiwa/");
    sources.environment.set("KAIWA_FILES__S3__ENDPOINT", "http://127.0.0.1:9000");
    auto const made = settings();
    EXPECT_EQ(made.files, FilesKind::s3);
    EXPECT_EQ(made.s3.bucket, "our.files-1");
    EXPECT_EQ(made.s3.prefix, "kaiwa/");
    EXPECT_EQ(made.s3.endpoint, "http://127.0.0.1:9000");
    EXPECT_EQ(made.s3.region, "");
}

TEST_F(ConfigTest, SaysWhereAndWhatIsWrong) {
    struct Case {
        char const* text;
        char const* expected;
    };
    for (auto const& [text, expected] : {
             Case{"[server]\nlisten = 1\n",
                  "kaiwa.toml:2: server.listen: expected an IP address with a port"},
             Case{"[server]\nlistn = \"x\"\n",
                  "kaiwa.toml:2: unknown key server.listn; did you mean server.listen?"},
             Case{"[sever]\nlisten = \"x\"\n", "kaiwa.toml:1: unknown key sever; did you mean server?"},
             Case{"[limits]\nturns_per_user = 0\n",
                  "kaiwa.toml:2: limits.turns_per_user: expected a number from 1 to 100000, got 0"},
             Case{"a = \n", "kaiwa.toml:1: "},
             Case{"[server]\ndrain_time = 2026-01-01\n",
                  "kaiwa.toml:2: server.drain_time: dates and times"},
             Case{"[store]\nkind = \"postgres\"\n",
                  "kaiwa.toml:2: store.kind: \"postgres\" is not built into this version"},
             Case{"[store]\nkind = \"dynamodb\"\n",
                  "kaiwa.toml:2: store.kind: \"dynamodb\" needs KAIWA_SECRET, the same on every"},
             Case{"[store.dynamodb]\ntable = \"a/b\"\n",
                  "kaiwa.toml:2: store.dynamodb.table: expected a table's name"},
             Case{"[store.dynamodb]\nregion = \"x.evil.example/\"\n",
                  "kaiwa.toml:2: store.dynamodb.region: expected a region"},
             Case{"[store.dynamodb]\nendpoint = \"http://127.0.0.1:8000/path\"\n",
                  "kaiwa.toml:2: store.dynamodb.endpoint: expected an address"},
             Case{"[files]\nkind = \"s3\"\n",
                  "kaiwa.toml:2: files.kind: \"s3\" needs files.s3.bucket"},
             Case{"[files.s3]\nbucket = \"a/b\"\n",
                  "kaiwa.toml:2: files.s3.bucket: expected a bucket's name"},
             Case{"[files.s3]\nprefix = \"a/../b/\"\n",
                  "kaiwa.toml:2: files.s3.prefix: expected what object names begin with"},
             Case{"[files.s3]\nendpoint = \"http://127.0.0.1:9000/box\"\n",
                  "kaiwa.toml:2: files.s3.endpoint: expected an address"},
             Case{"[compat]\nendpoints = [\"gptgrams\"]\n",
                  "kaiwa.toml:2: compat.endpoints: expected a list of"},
             Case{"[compat.gptgram]\nparameters = { max_tokens = 0 }\n",
                  "compat.gptgram.parameters"},
             Case{"[compat.gptgram]\nparameters = { seed = 1 }\n", "compat.gptgram.parameters"},
             Case{"[compat]\nprincipal = \"cookie\"\n", "compat.principal: expected"},
             Case{"[compat]\nhistory = \"redis\"\n",
                  "kaiwa.toml:2: compat.history: expected \"kaiwa\" or \"langchain\""},
             Case{"[compat]\nhistory_table = \"\"\n",
                  "compat.history_table: expected a table's name"},
             Case{"[compat.anonymous]\nsession_days = -1\n",
                  "compat.anonymous.session_days: expected a number of days"},
             Case{"[compat]\nhistory_days = -1\n",
                  "compat.history_days: expected a number of days"},
             Case{"[compat.gptgram]\nroles_table = \"a b\"\n",
                  "compat.gptgram.roles_table: expected a table's name"},
             Case{"[compat]\nissuer = \"http://id.example\"\n", "compat.issuer: expected"},
             Case{"[compat]\nendpoints = [\"gptgram\"]\nprincipal = \"issuer\"\n",
                  "compat.gptgram: its principal is \"issuer\": expected compat.gptgram.issuer"},
             Case{"[[providers]]\nname = \"a\"\nkind = \"bedrock\"\nfips = [1]\n",
                  "kaiwa.toml:4: providers[0].fips: expected a list of texts"},
             Case{"[[providers]]\nname = \"a\"\nkind = \"bedrock\"\nendpoint = \"bedrock\"\n",
                  "kaiwa.toml:1: providers[0].base_url: expected an address such as "
                  "http://127.0.0.1:9900/v1"},
             Case{"[[providers]]\nname = \"A b\"\nkind = \"openai\"\n",
                  "kaiwa.toml:2: providers[0].name: expected 1 to 32"},
             Case{"[[providers]]\nname = \"a\"\nkind = \"openai\"\nurl = \"x\"\n",
                  "kaiwa.toml:4: unknown key providers[0].url; expected one of name, kind, "
                  "base_url"},
             Case{"[[providers]]\nname = \"a\"\nkind = \"openai\"\nbase_url = \"ftp://x\"\n",
                  "kaiwa.toml:4: providers[0].base_url: expected an address"},
             Case{"[[providers]]\nname = \"a\"\nkind = \"openai\"\napi_key = \"secret:env:NONE\"\n",
                  "kaiwa.toml:4: providers[0].api_key: the variable NONE is not set"},
             Case{"[[providers]]\nname = \"a\"\nkind = \"openai\"\n[[providers]]\nname = "
                  "\"a\"\nkind = \"openai\"\n",
                  "kaiwa.toml:5: providers[1].name: \"a\" is taken by another provider"},
         }) {
        sources.file_text = text;
        EXPECT_TRUE(problem().contains(expected)) << text << "\n" << problem();
        EXPECT_FALSE(problem().contains('\n'));
    }
}

TEST_F(ConfigTest, NamesTheVariableThatIsWrong) {
    sources.environment.set("KAIWA_LIMITS__TURNS_PER_USR", "7");
    EXPECT_EQ(problem(),
              "KAIWA_LIMITS__TURNS_PER_USR: unknown key limits.turns_per_usr; did you mean "
              "limits.turns_per_user?");
    sources = {};
    sources.environment.set("KAIWA_LISTN", "127.0.0.1:1");
    EXPECT_EQ(problem(), "KAIWA_LISTN: unknown variable; did you mean KAIWA_LISTEN?");
    sources = {};
    sources.environment.set("KAIWA_PROVIDERS", "[{]");
    EXPECT_EQ(problem(), "KAIWA_PROVIDERS: providers: expected a list of tables");
    sources = {};
    sources.environment.set("ADMIN_USERNAME", "root");
    EXPECT_EQ(problem(), "ADMIN_USERNAME: expected ADMIN_PASSWORD beside it");
}

TEST_F(ConfigTest, LeavesVariablesOfOthersAlone) {
    sources.environment.set("KAIWA_BIN", "build/kaiwa");
    sources.environment.set("KAIWA_SERVICE_HOST", "10.0.0.1");
    sources.environment.set("KAIWA_PORT_8080_TCP_ADDR", "10.0.0.1");
    sources.environment.set("KAIWA_LISTEN", "");
    EXPECT_EQ(problem(), "none");
}

TEST_F(ConfigTest, UnderstandsTheNamesThatPeopleHave) {
    sources.environment.set("OPENAI_API_KEY", "sk-1");
    sources.environment.set("OLLAMA_HOST", "0.0.0.0");
    sources.environment.set("ADMIN_USERNAME", "root");
    sources.environment.set("ADMIN_PASSWORD", "correct horse");
    auto const made = settings();
    ASSERT_EQ(made.providers.size(), 2u);
    EXPECT_EQ(made.providers[0].name, "openai");
    EXPECT_EQ(made.providers[0].base_url, "https://api.openai.com/v1");
    EXPECT_EQ(made.providers[1].base_url, "http://127.0.0.1:11434/v1");
    EXPECT_EQ(made.administrator->username, "root");

    sources.file_text =
        "[[providers]]\nname = \"openai\"\nkind = \"openai\"\nbase_url = "
        "\"http://127.0.0.1:1/v1\"\n";
    EXPECT_EQ(settings().providers[0].base_url, "http://127.0.0.1:1/v1");
    EXPECT_EQ(settings().providers.size(), 2u);
}

TEST(Dotenv, ReadsWhatPeopleWrite) {
    Environment environment;
    environment.set("SET", "process");
    ASSERT_TRUE(
        environment.add_dotenv("# comment\n\nexport A=1\nB = \"two \\\"words\\\"\" # no\nC='x "
                               "y'\nD=a b # c\r\nSET=file\nE=\n",
                               ".env"));
    EXPECT_EQ(environment.find("A")->value, "1");
    EXPECT_EQ(environment.find("B")->value, "two \"words\"");
    EXPECT_EQ(environment.find("C")->value, "x y");
    EXPECT_EQ(environment.find("D")->value, "a b");
    EXPECT_EQ(environment.find("D")->source, ".env:6 (D)");
    EXPECT_EQ(environment.find("SET")->value, "process");
    EXPECT_EQ(environment.find("E"), nullptr);

    auto const wrong = environment.add_dotenv("A=1\nnot a line\n", ".env");
    EXPECT_EQ(wrong.error().message, ".env:2: expected a line NAME=value");
}

}  // namespace
}  // namespace kaiwa::server
