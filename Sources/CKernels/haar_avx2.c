// The detector's kernels for AVX2.
#include "haar_common.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define NAME(x) NAME_(x, _avx2)
#define NAME_(x, set) NAME__(x, set)
#define NAME__(x, set) haar_##x##set
#define LANES 8
#include "haar_body.h"
#include "haar_x86.h"
#pragma clang attribute pop

static const haar_kernels table = {"avx2", haar_blend_rows_avx2, haar_sum_row_avx2, haar_scan_row_avx2};

const haar_kernels *haar_kernels_avx2(void) { return kernels_have_avx2() ? &table : NULL; }
#else
const haar_kernels *haar_kernels_avx2(void) { return NULL; }
#endif
