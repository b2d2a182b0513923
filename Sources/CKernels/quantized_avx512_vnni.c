// Integers by AVX-512's VNNI, which multiplies and adds four bytes for each sum in one instruction.
#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#include "quantized_common.h"
#include "quantized_x86.h"
#define SET avx512_vnni
#define KERNEL_SET_NAME "avx512-vnni"
#define HAS_DOT_PRODUCT true
#define ROWS 12
#define WIDE
INLINE w8 dot(w8 sum, w8 codes, w8 weights) {
    return (w8)_mm256_dpbusd_epi32((__m256i)sum, (__m256i)codes, (__m256i)weights);
}
INLINE w16 dot_wide(w16 sum, w16 codes, w16 weights) {
    return (w16)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)codes, (__m512i)weights);
}
#include "quantized_body.h"
#pragma clang attribute pop

const quantized_kernels *quantized_kernels_avx512_vnni(void) {
    return kernels_have_avx512_vnni() ? &quantized_table_avx512_vnni : NULL;
}
#else
const quantized_kernels *quantized_kernels_avx512_vnni(void) { return NULL; }
#endif
