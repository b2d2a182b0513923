// Integers by AVX2, as words: its products of bytes are added in sixteen bits, where two of them do not fit.
#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#include "quantized_common.h"
#include "quantized_x86.h"
#define SET avx2
#define KERNEL_SET_NAME "avx2"
#define HAS_DOT_PRODUCT false
#define ROWS 4
INLINE w8 dot(w8 sum, w8 codes, w8 weights) {
    __m256i c = (__m256i)codes, w = (__m256i)weights;
    __m256i even = _mm256_madd_epi16(_mm256_and_si256(c, _mm256_set1_epi16(255)),
                                     _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8));
    __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(c, 8), _mm256_srai_epi16(w, 8));
    return sum + (w8)even + (w8)odd;
}
#include "quantized_body.h"
#pragma clang attribute pop

const quantized_kernels *quantized_kernels_avx2(void) { return kernels_have_avx2() ? &quantized_table_avx2 : NULL; }
#else
const quantized_kernels *quantized_kernels_avx2(void) { return NULL; }
#endif
