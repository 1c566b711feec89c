#pragma once

#include <sqlite3.h>

namespace kaiwa::store::sqlite {

/// The name of a view of the disk (a VFS of SQLite) that gathers what is written to the end of the
/// write-ahead log and hands it to the system with few calls: SQLite writes each page of a commit as
/// two pieces, which makes twenty system calls of one.
///
/// What is gathered is written before anything else is asked of the file: a flush, a read, its size.
/// So whoever may see the pages sees them: this connection reads through the same view, and others
/// look only at what a commit has published, which with `synchronous=FULL` it does after its flush.
/// A write that fails is reported by the flush, which takes the commit back.
[[nodiscard]] char const* gathered_log_vfs();

/// While `flushes` is false, what a connection of this view would flush of its write-ahead log is
/// only handed to the system: it survives the end of the process, and power loss once `flush_log()`
/// or a later flush succeeded. Does nothing before the first read or write of the connection.
void set_log_flushes(sqlite3* db, bool flushes);

/// Flushes the log; a code of SQLite.
[[nodiscard]] int flush_log(sqlite3* db);

}  // namespace kaiwa::store::sqlite
