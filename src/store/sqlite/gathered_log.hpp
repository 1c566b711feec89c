#pragma once

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

}  // namespace kaiwa::store::sqlite
