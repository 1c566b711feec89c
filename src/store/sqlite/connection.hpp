#pragma once

#include "base/clock.hpp"
#include "base/uuid.hpp"
#include "kaiwa/error.hpp"

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace kaiwa::store::sqlite {

/// SQL text, which only a literal can become: no statement is ever put together at run time.
class Sql {
public:
    template <std::size_t size>
    consteval Sql(char const (&literal)[size])  // NOLINT: a literal is SQL
        : text_(literal), size_(size - 1) {}

    [[nodiscard]] char const* data() const { return text_; }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    char const* text_;
    std::size_t size_;
};

/// Bytes for a BLOB parameter; not owned.
struct Bytes {
    std::string_view bytes;
};

class Connection;

/// A prepared statement in use; it goes back to its connection's cache when this is destroyed.
/// Parameters are copied, so temporaries may be bound.
class Query {
public:
    Query(Connection& connection, sqlite3_stmt* statement)
        : connection_(&connection), statement_(statement) {}
    Query(Query&& other) noexcept
        : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}
    Query& operator=(Query&&) = delete;
    ~Query();

    /// Steps to the next row; false after the last one, and when the connection failed.
    bool row();

    [[nodiscard]] bool is_null(int column) const {
        return sqlite3_column_type(statement_, column) == SQLITE_NULL;
    }
    [[nodiscard]] std::int64_t integer(int column) const {
        return sqlite3_column_int64(statement_, column);
    }
    [[nodiscard]] std::uint64_t natural(int column) const {
        return static_cast<std::uint64_t>(integer(column));
    }
    [[nodiscard]] bool boolean(int column) const { return integer(column) != 0; }
    [[nodiscard]] double real(int column) const {
        return sqlite3_column_double(statement_, column);
    }
    /// Text or bytes, valid until the next step.
    [[nodiscard]] std::string_view view(int column) const;
    [[nodiscard]] std::string text(int column) const { return std::string(view(column)); }
    [[nodiscard]] Timestamp time(int column) const {
        return Timestamp(std::chrono::milliseconds(integer(column)));
    }
    [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
    [[nodiscard]] std::optional<double> optional_real(int column) const;
    [[nodiscard]] std::optional<std::string> optional_text(int column) const;
    [[nodiscard]] std::optional<Timestamp> optional_time(int column) const;
    template <class T>
    [[nodiscard]] T id(int column) const {
        T out;
        read_uuid(column, out.value);
        return out;
    }
    template <class T>
    [[nodiscard]] std::optional<T> optional_id(int column) const {
        if (is_null(column)) return std::nullopt;
        return id<T>(column);
    }
    /// An enumerator that was bound as its number.
    template <class T>
    [[nodiscard]] T choice(int column) const {
        return static_cast<T>(integer(column));
    }

private:
    friend class Connection;
    void read_uuid(int column, Uuid& out) const;

    Connection* connection_;
    sqlite3_stmt* statement_;
};

/// One connection to the database file; used by one thread at a time.
///
/// Failures of SQLite are kept, not returned: after the first one every statement of this
/// connection does nothing and yields no rows, and `take_error()` tells what happened. Whoever runs
/// an operation asks once, at its end, and discards what the operation made of it.
class Connection {
public:
    enum class Mode { read_write, read_only };

    static Result<Connection> open(std::filesystem::path const& file, Mode mode);

    /// Starts `sql` with its parameters. The text of a statement is its key in the cache.
    template <class... Parameters>
    Query query(Sql sql, Parameters const&... parameters) {
        auto* statement = prepare(sql);
        int index = 0;
        (bind(statement, ++index, parameters, SQLITE_TRANSIENT), ...);
        return Query(*this, statement);
    }
    /// Runs `sql`, which returns no rows that matter; tells how many rows it changed.
    template <class... Parameters>
    std::int64_t run(Sql sql, Parameters const&... parameters) {
        auto* statement = prepare(sql);
        int index = 0;
        (bind(statement, ++index, parameters, SQLITE_STATIC), ...);
        return finish(statement);
    }

    [[nodiscard]] bool failed() const { return error_.has_value(); }
    /// What failed since the last call, if anything; the connection works again after it.
    std::optional<Error> take_error();
    void record(int code);
    /// Whether the disk refused something since the last call: it is full, fails, or may not be
    /// written.
    bool take_disk_refusal() { return std::exchange(disk_refused_, false); }

    /// Whether a transaction is open.
    [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
    [[nodiscard]] sqlite3* handle() const { return db_.get(); }
    [[nodiscard]] std::int64_t last_insert() const { return sqlite3_last_insert_rowid(db_.get()); }

private:
    friend class Query;
    struct Close {
        void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
    };
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };

    explicit Connection(sqlite3* db) : db_(db) {}
    sqlite3_stmt* prepare(Sql sql);
    std::int64_t finish(sqlite3_stmt* statement);
    void reset(sqlite3_stmt* statement);

    using Destructor = void (*)(void*);
    static void bind_text(sqlite3_stmt* s, int index, std::string_view text, Destructor keep) {
        sqlite3_bind_text64(s, index, text.data() ? text.data() : "", text.size(), keep,
                            SQLITE_UTF8);
    }
    static void bind_blob(sqlite3_stmt* s, int index, std::string_view bytes, Destructor keep) {
        sqlite3_bind_blob64(s, index, bytes.data() ? bytes.data() : "", bytes.size(), keep);
    }
    template <class T>
    static void bind(sqlite3_stmt* s, int index, T const& value, Destructor keep) {
        if constexpr (std::same_as<T, Bytes>) {
            bind_blob(s, index, value.bytes, keep);
        } else if constexpr (std::same_as<T, Uuid>) {
            bind_blob(s, index,
                      {reinterpret_cast<char const*>(value.bytes.data()), value.bytes.size()},
                      keep);
        } else if constexpr (requires { value.value.bytes; }) {
            bind(s, index, value.value, keep);  // an Id
        } else if constexpr (std::same_as<T, Timestamp>) {
            sqlite3_bind_int64(s, index, value.time_since_epoch().count());
        } else if constexpr (std::is_enum_v<T> || std::integral<T>) {
            sqlite3_bind_int64(s, index, static_cast<std::int64_t>(value));
        } else if constexpr (std::floating_point<T>) {
            sqlite3_bind_double(s, index, value);
        } else if constexpr (requires { value.has_value(); }) {
            if (value) {
                bind(s, index, *value, keep);
            } else {
                sqlite3_bind_null(s, index);
            }
        } else {
            bind_text(s, index, value, keep);
        }
    }

    std::unique_ptr<sqlite3, Close> db_;
    std::unordered_map<char const*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
    std::optional<Error> error_;
    bool disk_refused_ = false;
};

/// The house's error for an extended result code of SQLite.
[[nodiscard]] Error to_error(int code, std::string_view detail);

}  // namespace kaiwa::store::sqlite
