// Integers by AVX-VNNI, on processors without AVX-512.
#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,avxvnni"))), apply_to = function)
#include "quantized_common.h"
#include "quantized_x86.h"
#define SET avx_vnni
#define KERNEL_SET_NAME "avx-vnni"
#define HAS_DOT_PRODUCT true
#define ROWS 6
INLINE w8 dot(w8 sum, w8 codes, w8 weights) {
    return (w8)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)codes, (__m256i)weights);
}
#include "quantized_body.h"
#pragma clang attribute pop

const quantized_kernels *quantized_kernels_avx_vnni(void) {
    return kernels_have_avx_vnni() ? &quantized_table_avx_vnni : NULL;
}
#else
const quantized_kernels *quantized_kernels_avx_vnni(void) { return NULL; }
#endif
