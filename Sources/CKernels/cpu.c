#include "CKernels.h"

#if defined(__aarch64__)
#include <sys/auxv.h>
#elif defined(__x86_64__)
#include <cpuid.h>
#endif

bool kernels_have_avx2(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

bool kernels_have_avx512(void) {
#if defined(__x86_64__)
    return kernels_have_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

bool kernels_have_avx512_vnni(void) {
#if defined(__x86_64__)
    return kernels_have_avx512() && __builtin_cpu_supports("avx512vnni");
#else
    return false;
#endif
}

bool kernels_have_avx_vnni(void) {
#if defined(__x86_64__)
    // Leaf 7, part 1: EAX bit 4. That the system keeps the registers is known from AVX2.
    unsigned a, b, c, d;
    return kernels_have_avx2() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && a >> 4 & 1;
#else
    return false;
#endif
}

bool kernels_have_dotprod(void) {
#if defined(__aarch64__)
    return getauxval(AT_HWCAP) & (1UL << 20);  // HWCAP_ASIMDDP
#else
    return false;
#endif
}
