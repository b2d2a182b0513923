// The network's kernels for AVX2 with FMA.
#include "CKernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(x) NAME_(x, _avx2)
#define NAME_(x, set) NAME__(x, set)
#define NAME__(x, set) x##set
#define KERNEL_SET_NAME "avx2"
#include "network_body.h"
#pragma clang attribute pop

const network_kernels *network_kernels_avx2(void) { return kernels_have_avx2() ? &kernel_table_avx2 : NULL; }
#else
const network_kernels *network_kernels_avx2(void) { return NULL; }
#endif
