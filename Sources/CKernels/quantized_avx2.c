// Integers by AVX2: pairs of products are added in sixteen bits, where 255 * 63 * 2 fits.
#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#include "quantized_common.h"
#include "quantized_x86.h"
#define SET avx2
#define KERNEL_SET_NAME "avx2"
#define HAS_DOT_PRODUCT false
#define ROWS 5
INLINE w8 dot(w8 sum, w8 codes, w8 weights) {
    __m256i pairs = _mm256_maddubs_epi16((__m256i)codes, (__m256i)weights);
    return sum + (w8)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}
#include "quantized_body.h"
#pragma clang attribute pop

const quantized_kernels *quantized_kernels_avx2(void) { return kernels_have_avx2() ? &quantized_table_avx2 : NULL; }
#else
const quantized_kernels *quantized_kernels_avx2(void) { return NULL; }
#endif
