// The network's kernels for AVX-512: products sixteen columns to a vector, the rest as with AVX2.
#include "CKernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define NAME(x) NAME_(x, _avx512)
#define NAME_(x, set) NAME__(x, set)
#define NAME__(x, set) x##set
#define KERNEL_SET_NAME "avx512"
#define WIDE_PRODUCT
#include "network_body.h"
#pragma clang attribute pop

const network_kernels *network_kernels_avx512(void) { return kernels_have_avx512() ? &kernel_table_avx512 : NULL; }
#else
const network_kernels *network_kernels_avx512(void) { return NULL; }
#endif
