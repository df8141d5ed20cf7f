// Counts what a process holds of malloc's memory, and the most that it ever held: the functions here stand before those
// of the C library.
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static _Atomic long held;
static _Atomic long most;

static void *count(void *memory) {
  if (memory) {
    long now = atomic_fetch_add(&held, (long)malloc_usable_size(memory)) + (long)malloc_usable_size(memory);
    long before = atomic_load(&most);
    while (now > before && !atomic_compare_exchange_weak(&most, &before, now)) {
    }
  }
  return memory;
}

static void forget(void *memory) {
  if (memory) atomic_fetch_sub(&held, (long)malloc_usable_size(memory));
}

void *malloc(size_t size) { return count(__libc_malloc(size)); }
void *calloc(size_t items, size_t size) { return count(__libc_calloc(items, size)); }
void *memalign(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size)); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  void *memory = count(__libc_memalign(alignment, size));
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}

void *realloc(void *memory, size_t size) {
  size_t before = memory ? malloc_usable_size(memory) : 0;
  void *result = __libc_realloc(memory, size);
  if (result || !size) atomic_fetch_sub(&held, (long)before);
  return count(result);
}

void free(void *memory) {
  forget(memory);
  __libc_free(memory);
}

/// Begins a new measurement of the most memory held; returns what is held now.
long striate_memory_begin(void) {
  long now = atomic_load(&held);
  atomic_store(&most, now);
  return now;
}

/// The most memory held since the measurement began.
long striate_memory_most(void) { return atomic_load(&most); }
