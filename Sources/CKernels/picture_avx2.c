// The picture's kernels for AVX2.
#include "CKernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(x) NAME_(x, _avx2)
#define NAME_(x, set) NAME__(x, set)
#define NAME__(x, set) x##set
#define KERNEL_SET_NAME "avx2"
#define HAS_GATHER 1
#include "picture_body.h"
#pragma clang attribute pop

const picture_kernels *picture_kernels_avx2(void) { return kernels_have_avx2() ? &picture_table_avx2 : 0; }
#else
const picture_kernels *picture_kernels_avx2(void) { return 0; }
#endif
