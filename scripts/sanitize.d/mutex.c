// Tells Thread Sanitizer that Swift's Mutex is a lock. To be preloaded.
//
// Its fast path is compiled into whoever uses it, and is seen. The slow path, for when somebody waits, is in
// libswiftSynchronization.so, which is not built for the sanitizer: it hands the lock over by a futex, and nobody is
// told. Without this, all that a contended Mutex protects looks like a race.
//
// Source: swift/stdlib/public/Synchronization/Mutex/LinuxImpl.swift.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

typedef SWIFT void Lock(uint32_t thread, SELF);
typedef SWIFT bool TryLock(SELF);
typedef SWIFT void Unlock(SELF);

// Weak, since programs that a test starts inherit this without being built for the sanitizer.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

SWIFT void lockSlow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT bool tryLockSlow(SELF) __asm__(TRY_LOCK);
SWIFT void unlockSlow(SELF) __asm__(UNLOCK);

SWIFT void lockSlow(uint32_t thread, SELF) {
  ((Lock *)dlsym(RTLD_NEXT, LOCK))(thread, self);
  if (__tsan_acquire != NULL) __tsan_acquire(self);
}

SWIFT bool tryLockSlow(SELF) {
  bool isLocked = ((TryLock *)dlsym(RTLD_NEXT, TRY_LOCK))(self);
  if (isLocked && __tsan_acquire != NULL) __tsan_acquire(self);
  return isLocked;
}

SWIFT void unlockSlow(SELF) {
  if (__tsan_release != NULL) __tsan_release(self);
  ((Unlock *)dlsym(RTLD_NEXT, UNLOCK))(self);
}
