// Integers by arm64's dot product of signed bytes, which Armv8.2 may have and Armv8.4 has.
#include "CKernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include "quantized_common.h"
#define SET dotprod
#define KERNEL_SET_NAME "dotprod"
#define HAS_DOT_PRODUCT true
#define ROWS 5
// Codes less 128 are signed bytes that mean what they say: there is nothing to take back.
#undef START
#define START(correction) ((correction) ^ (correction))
INLINE w8 dot(w8 sum, w8 codes, w8 weights) {
    typedef int32x4_t halves[2];
    halves s, a, b;
    codes ^= (int32_t)0x80808080;
    memcpy(s, &sum, 32), memcpy(a, &codes, 32), memcpy(b, &weights, 32);
    for (int i = 0; i < 2; i++) s[i] = vdotq_s32(s[i], vreinterpretq_s8_s32(b[i]), vreinterpretq_s8_s32(a[i]));
    memcpy(&sum, s, 32);
    return sum;
}
#include "quantized_body.h"
#pragma clang attribute pop

const quantized_kernels *quantized_kernels_dotprod(void) {
    return kernels_have_dotprod() ? &quantized_table_dotprod : NULL;
}
#else
const quantized_kernels *quantized_kernels_dotprod(void) { return NULL; }
#endif
