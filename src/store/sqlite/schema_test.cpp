#include "store/sqlite/schema.hpp"

#include "store/sqlite/data_lock.hpp"
#include "store/sqlite/sqlite_harness.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::sqlite {
namespace {

std::int64_t number(Connection& db, Sql sql) {
    auto row = db.query(sql);
    return row.row() ? row.integer(0) : -1;
}

std::string word(Connection& db, Sql sql) {
    auto row = db.query(sql);
    return row.row() ? row.text(0) : std::string();
}

static_assert(!std::is_constructible_v<Sql, std::string>);
static_assert(!std::is_constructible_v<Sql, char const*>);

class SchemaTest : public testing::Test {
protected:
    Connection open_database() {
        return Connection::open(database_file(folder.path()), Connection::Mode::read_write).value();
    }
    TemporaryFolder folder;
};

TEST_F(SchemaTest, MakesADatabaseThatIsDurableAndStrict) {
    auto db = open_database();
    ASSERT_TRUE(migrate(db));
    EXPECT_EQ(word(db, "PRAGMA journal_mode"), "wal");
    EXPECT_EQ(number(db, "PRAGMA synchronous"), 2);
    EXPECT_EQ(number(db, "PRAGMA foreign_keys"), 1);
    EXPECT_EQ(number(db, "PRAGMA wal_autocheckpoint"), 0);
    EXPECT_EQ(number(db,
                     "SELECT count(*) FROM pragma_table_list "
                     "WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND strict = 0"),
              0);
    EXPECT_GT(number(db, "SELECT count(*) FROM pragma_table_list WHERE strict = 1"), 10);
}

TEST_F(SchemaTest, MigratingAgainChangesNothing) {
    auto db = open_database();
    ASSERT_TRUE(migrate(db));
    auto const before = number(db, "PRAGMA schema_version");
    ASSERT_TRUE(migrate(db));
    EXPECT_EQ(number(db, "PRAGMA schema_version"), before);
}

TEST_F(SchemaTest, RefusesTheFileOfANewerKaiwaAndOfAnotherProgram) {
    auto db = open_database();
    ASSERT_TRUE(migrate(db));
    db.run("PRAGMA user_version = 999");
    EXPECT_EQ(migrate(db).error().code, Errc::unsupported);
    EXPECT_NE(migrate(db).error().message.find("999"), std::string::npos);
    db.run("PRAGMA user_version = 1");
    db.run("PRAGMA application_id = 7");
    EXPECT_EQ(migrate(db).error().code, Errc::unsupported);
}

TEST_F(SchemaTest, RefusesWhereThereCanBeNoWriteAheadLog) {
    auto db = Connection::open(":memory:", Connection::Mode::read_write).value();
    auto const made = migrate(db);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::unsupported);
    EXPECT_TRUE(made.error().message.contains("\"memory\"")) << made.error().message;
    EXPECT_EQ(number(db, "PRAGMA user_version"), 0) << "nothing was made";
}

TEST_F(SchemaTest, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
    std::string const text(4'096, 'x');
    auto const path = database_file(folder.path());
    {
        auto* file = std::fopen(path.c_str(), "w");
        std::fwrite(text.data(), 1, text.size(), file);
        std::fclose(file);
    }
    NullLog log;
    SystemClock clock;
    SystemRandom random;
    auto const opened = open({.data_dir = folder.path(),
                              .access = Access::server,
                              .clock = clock,
                              .random = random,
                              .log = log,
                              .sealer = Sealer(sha256("k"))});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::unavailable);
    EXPECT_EQ(std::filesystem::file_size(path), text.size());
}

TEST_F(SchemaTest, AFailureStaysUntilItIsTaken) {
    auto db = open_database();
    ASSERT_TRUE(migrate(db));
    db.run("INSERT INTO feedback (message, value, comment) VALUES (1, 0, '')");
    EXPECT_TRUE(db.failed());
    EXPECT_EQ(number(db, "SELECT 1"), -1);
    auto const error = db.take_error();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, Errc::conflict);
    EXPECT_EQ(number(db, "SELECT 1"), 1);
}

}  // namespace
}  // namespace kaiwa::store::sqlite
