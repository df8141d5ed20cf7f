// What the processor can do, the floating-point mode of a thread, a multiply-add of whole registers, and where the tables of
// kernels come from.
// This is the only C in Striate: Swift has no way to ask for these, nor for a line of memory ahead of time. The functions of the
// tables are Swift; declared here, they let modules be compiled side by side.
#ifndef STRIATE_CPU_FEATURES_H
#define STRIATE_CPU_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// True where the processor and the operating system support all of x86-64-v4 (AVX-512 F, BW, CD, DQ, VL).
bool striate_cpu_has_avx512(void);

/// True where the processor and the operating system support all of x86-64-v3 (AVX2 and FMA).
bool striate_cpu_has_avx2(void);

/// Makes this thread treat denormal numbers as zero, as inputs and as results; returns the mode before.
static inline uint64_t striate_enable_flush_to_zero(void) {
#if defined(__x86_64__)
  uint32_t before = _mm_getcsr();
  _mm_setcsr(before | 0x8040);
  return before;
#elif defined(__aarch64__)
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"(before | (1ull << 24)));
  return before;
#else
  return 0;
#endif
}

/// Gives this thread back the mode that `striate_enable_flush_to_zero` returned.
static inline void striate_restore_float_mode(uint64_t mode) {
#if defined(__x86_64__)
  _mm_setcsr((uint32_t)mode);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#endif
}

/// Tells the processor that this thread is spinning.
static inline void striate_spin_pause(void) {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Asks for the line of memory at an address, which need not exist, to be brought into the second-level
/// cache.
static inline void striate_prefetch(const void *_Nonnull address) { __builtin_prefetch(address, 0, 2); }

/// Asks for a line that will be written, in whichever cache the processor writes to, and takes it from other cores at once. The
/// compiler's own function would ask for a line to read, unless it is told that the processor has this instruction; all of
/// x86-64 that lack it pass over it.
static inline void striate_prefetch_to_write(const void *_Nonnull address) {
#if defined(__x86_64__)
  __asm__ volatile("prefetchw %0" : : "m"(*(const char *)address));
#else
  __builtin_prefetch(address, 1, 2);
#endif
}

/// SIMD16<Float> and SIMD8<Float>.
typedef float striate_float16 __attribute__((ext_vector_type(16)));
typedef float striate_float8 __attribute__((ext_vector_type(8)));

/// a · b + c in one rounding. Swift's addingProduct is one multiply-add for each number, which the optimiser gathers
/// again in long kernels in part only: Documentation/Decisions/0002-kernels-in-swift.md.
static inline __attribute__((always_inline)) striate_float16 striate_multiply_add_16(
    striate_float16 a, striate_float16 b, striate_float16 c) {
  return __builtin_elementwise_fma(a, b, c);
}

/// The same for 8 numbers.
static inline __attribute__((always_inline)) striate_float8 striate_multiply_add_8(
    striate_float8 a, striate_float8 b, striate_float8 c) {
  return __builtin_elementwise_fma(a, b, c);
}

/// Puts the table of kernels of an instruction set, a Swift `KernelTable`, where there is room for one and nothing yet; only
/// where the processor has the instruction set. The modules of kernels implement these; declared here, they need not be
/// compiled before the module that calls them.
void striate_put_AVX512_kernels(void *_Nonnull table);
void striate_put_AVX2_kernels(void *_Nonnull table);
void striate_put_portable_kernels(void *_Nonnull table);

#endif
