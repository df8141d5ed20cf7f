#include "CPUFeatures.h"

#if defined(__x86_64__)
bool striate_cpu_has_avx512(void) { return __builtin_cpu_supports("x86-64-v4"); }
bool striate_cpu_has_avx2(void) { return __builtin_cpu_supports("x86-64-v3"); }
#else
bool striate_cpu_has_avx512(void) { return false; }
bool striate_cpu_has_avx2(void) { return false; }
#endif
