// The detector's kernels for AVX-512: windows sixteen at a time; pictures are summed up as with AVX2.
#include "haar_common.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define NAME(x) NAME_(x, _avx512)
#define NAME_(x, set) NAME__(x, set)
#define NAME__(x, set) haar_##x##set
#define LANES 16
#include "haar_body.h"
#include "haar_x86.h"
#pragma clang attribute pop

static const haar_kernels table = {"avx512", haar_blend_rows_avx512, haar_sum_row_avx512, haar_scan_row_avx512};

const haar_kernels *haar_kernels_avx512(void) { return kernels_have_avx512() ? &table : NULL; }
#else
const haar_kernels *haar_kernels_avx512(void) { return NULL; }
#endif
