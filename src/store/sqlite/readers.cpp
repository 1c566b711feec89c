#include "store/sqlite/readers.hpp"

namespace kaiwa::store::sqlite {
namespace {

constexpr std::size_t max_queued_reads = 16'384;

}  // namespace

Readers::Readers(std::filesystem::path file, unsigned threads)
    : file_(std::move(file)), workers_("store-read", threads, max_queued_reads) {}

Result<std::unique_ptr<Connection>> Readers::borrow() {
    {
        std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            auto db = std::move(idle_.back());
            idle_.pop_back();
            return db;
        }
    }
    auto db = Connection::open(file_, Connection::Mode::read_only);
    if (!db) return std::unexpected(std::move(db.error()));
    return std::make_unique<Connection>(std::move(*db));
}

std::optional<Error> Readers::end(std::unique_ptr<Connection> db) {
    auto error = db->take_error();
    if (error) {
        if (db->in_transaction()) db->run("ROLLBACK");
        if (db->take_error()) return error;  // this connection is of no more use
    }
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(db));
    return error;
}

}  // namespace kaiwa::store::sqlite
