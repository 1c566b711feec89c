#include "server/import_command.hpp"

#include "server/chainlit_import.hpp"
#include "server/late_secrets.hpp"
#include "server/run_alone.hpp"
#include "server/sealing_key.hpp"
#include "server/table_import.hpp"
#include "server/wire_auth.hpp"

#include <fmt/format.h>

#include <iostream>
#include <optional>

namespace kaiwa::server {
namespace {

using From = Import::From;

Result<void> check(Import const& command, Settings const& settings) {
    auto const refuse = [](char const* why) { return fail(Errc::invalid_argument, why); };
    if (!command.user.empty() && !command.issuer.empty())
        return refuse("--user and --issuer both say whose everything is; give one of them");
    if (command.from == From::chainlit) {
        if (settings.store == StoreKind::dynamodb && command.table == settings.dynamodb.table)
            return refuse("this table is the store already; its threads need no import");
        return {};
    }
    if (command.from == From::user_roles) {
        if (command.issuer.empty())
            return refuse("roles belong to subjects of an issuer: --issuer names it");
        if (!settings.compat_tables.roles.empty())
            return refuse("compat.gptgram.roles_table is used in place; its roles need no import");
        return {};
    }
    bool const names_owners = command.from == From::bedrock_chat || command.from == From::genu;
    if (!names_owners && command.user.empty())
        return refuse("its items do not say whose they are: --user names the user to give them to");
    if (names_owners && command.user.empty() && command.issuer.empty())
        return refuse(
            "its people are subjects of an issuer: --issuer names it; or --user names one "
            "user to give everything to");
    return {};
}

asio::awaitable<Result<void>> find_user(ImportGround& ground) {
    auto const& name = ground.command.user;
    if (name.empty()) co_return Result<void>{};
    auto user = co_await ground.target->users().user_by_name(name);
    if (!user && user.error().code == Errc::not_found)
        co_return fail(Errc::not_found,
                       fmt::format("there is no user \"{}\"; kaiwa user add makes one", name));
    if (!user) co_return std::unexpected(user.error());
    ground.user = auth::Principal{user->user.id, user->user.username, user->user.role};
    co_return Result<void>{};
}

/// What a system's table holds, for people.
std::string_view kind_of(From from) {
    switch (from) {
        case From::chainlit:
            return "a thread of Chainlit's";
        case From::langchain:
            return "a session of LangChain's";
        case From::bedrock_chat:
            return "an item of bedrock-chat's";
        case From::genu:
            return "an item of GenU's";
        case From::private_rag:
            return "a question with its answer";
        case From::user_roles:
            return "a user's role";
    }
    return {};
}

std::string source_of(Import const& command) {
    return command.file.empty() ? "the table " + command.table : command.file;
}

/// Refuses what was all something else; a table of the system's own may have nothing to bring in.
Result<void> judge(Import const& command, ImportTally const& tally) {
    if (tally.read() == 0 || tally.known() > 0) return {};
    return fail(Errc::invalid_argument,
                fmt::format("nothing in {} is {}: it is another system's, or no export of DynamoDB's",
                            source_of(command), kind_of(command.from)));
}

asio::awaitable<Result<ImportTally>> import_stores(ImportGround& ground, Stores& source,
                                                   store::s3::Blobs* files) {
    auto const found = co_await find_user(ground);
    if (!found) co_return std::unexpected(found.error());
    co_return co_await import_chainlit(ground, source, files);
}

asio::awaitable<Result<ImportTally>> import_items(ImportGround& ground, ForeignItems& items,
                                                  ForeignObjects* objects) {
    auto const found = co_await find_user(ground);
    if (!found) co_return std::unexpected(found.error());
    if (ground.command.from == From::user_roles) co_return co_await import_roles(ground, items);
    co_return co_await import_conversations(ground, items, objects);
}

void print(Import const& command, ImportTally const& tally) {
    std::cout << fmt::format("read {} {} of {}\n", tally.read(),
                             command.from == From::chainlit ? "threads" : "items",
                             source_of(command));
    auto const* done = command.mode == Import::Mode::look ? "would import" : "imported";
    if (command.from == From::user_roles)
        std::cout << fmt::format("{} {} roles", done, tally.stored());
    else
        std::cout << fmt::format("{} {} conversations with {} messages", done, tally.stored(),
                                 tally.messages());
    if (tally.files() > 0) std::cout << fmt::format(" and {} files", tally.files());
    if (command.mode == Import::Mode::store)
        std::cout << fmt::format("; {} were there", tally.present());
    else if (command.from == From::chainlit)
        std::cout << fmt::format("; {} are there", tally.present());
    std::cout << fmt::format("; {} left out\n", tally.left_out());
}

/// The configuration of a store that is a Chainlit's tables.
Settings of_chainlit(Settings settings, Import const& command, Random& random) {
    settings.sealing_secret = make_sealing_secret(random);  // nothing in it is sealed
    settings.store = StoreKind::dynamodb;
    settings.dynamodb.table = command.table;
    settings.dynamodb.user_table = command.user_table;
    settings.dynamodb.create_tables = false;
    return settings;
}

/// Where Chainlit keeps its files; null where nobody said so.
std::unique_ptr<store::s3::Blobs> open_chainlits_files(Settings const& settings,
                                                      Import const& command, AwsGround& aws) {
    auto s3 = settings.s3;
    if (!command.bucket.empty()) s3.bucket = command.bucket;
    return s3.bucket.empty() ? nullptr : open_bucket(s3, aws);
}

/// Whether a user who is named must be there before, or people are added.
NewStore new_store(Import const& command) {
    bool const adds_people = command.user.empty() && command.mode == Import::Mode::store;
    return adds_people ? NewStore::made : NewStore::refused;
}

/// What is read, open.
struct Source {
    std::unique_ptr<Stores> chainlit;
    std::unique_ptr<store::s3::Blobs> chainlits_files;
    std::unique_ptr<ForeignItems> items;
    std::unique_ptr<ForeignObjects> objects;
};

Result<Source> open_source(Import const& command, Settings const& settings, AwsGround& aws,
                           Clock const& clock, Random& random, Log& log) {
    Source source;
    if (command.from == From::chainlit) {
        auto tables = open_stores(of_chainlit(settings, command, random), StoreUser::importer, aws,
                                  clock, random, log);
        if (!tables) return std::unexpected(tables.error());
        source.chainlit = std::move(*tables);
        source.chainlits_files = open_chainlits_files(settings, command, aws);
        return source;
    }
    auto items = open_foreign_items(command, settings, aws, random, log);
    if (!items) return std::unexpected(items.error());
    source.items = std::move(*items);
    source.objects = open_foreign_objects(command, settings, aws);
    return source;
}

/// Null where nothing is to be stored, and nobody and nothing to be found.
Result<std::unique_ptr<Stores>> open_target(Import const& command, Settings settings,
                                            AwsGround& aws, Clock const& clock, Random& random,
                                            Log& log) {
    bool const looks = command.mode == Import::Mode::look;
    bool const only_compares = looks && command.user.empty();
    if (only_compares && command.from != From::chainlit) return nullptr;
    auto const found = find_store(settings, new_store(command));
    if (!found && only_compares && found.error().code == Errc::not_found) return nullptr;
    if (!found) return std::unexpected(found.error());
    if (looks) {
        settings.sealing_secret = make_sealing_secret(random);  // nothing that is sealed is opened
        settings.dynamodb.create_tables = false;
        return open_stores(settings, StoreUser::looker, aws, clock, random, log);
    }
    if (auto read = read_sealing_secret_now(settings, clock, random, log); !read)
        return std::unexpected(read.error());
    // Of the other systems' conversations only the texts come in.
    bool const with_files = command.from == From::chainlit;
    return open_stores(settings, with_files ? StoreUser::tool_with_files : StoreUser::tool, aws,
                       clock, random, log);
}

}  // namespace

Result<void> import_from(Import const& command, Settings const& settings) {
    if (auto good = check(command, settings); !good) return good;
    SystemClock clock;
    SystemRandom random;
    StderrLog log(LogFormat::text, LogLevel::warning);
    asio::io_context loop;
    AwsGround aws(settings, AwsGround::Connections::kept, clock, random, log);
    auto source = open_source(command, settings, aws, clock, random, log);
    if (!source) return std::unexpected(source.error());
    auto target = open_target(command, settings, aws, clock, random, log);
    if (!target) return std::unexpected(target.error());
    std::optional<Identity> identity;
    if (*target) identity.emplace((*target)->users(), clock, random, log);
    ImportGround ground{command, target->get(), identity ? &identity->authenticator : nullptr,
                        clock};

    auto const tally =
        run_alone(loop, aws,
                  source->chainlit ? import_stores(ground, *source->chainlit,
                                                   source->chainlits_files.get())
                                   : import_items(ground, *source->items, source->objects.get()));
    if (!tally) return std::unexpected(tally.error());
    print(command, *tally);
    return judge(command, *tally);
}

}  // namespace kaiwa::server
