#pragma once

/// A shared library that stands between a program and its disk: it delays flushes and lets flushes
/// and writes fail. Linked into a test it is steered by these functions; preloaded
/// (`LD_PRELOAD=…/libkaiwa_disk_faults.so KAIWA_FLUSH_DELAY_US=2000 program`) it delays flushes.
extern "C" {

/// Every flush (fsync, fdatasync) takes so much longer from now on.
void kaiwa_delay_flushes(unsigned microseconds);
/// After `skip` flushes, `count` of them fail with `error` (an errno) without flushing.
void kaiwa_fail_flushes(int error, long skip, long count);
/// The same for writes (pwrite).
void kaiwa_fail_writes(int error, long skip, long count);
/// Flushes since the program began.
long kaiwa_flushes();

}  // extern "C"
