// Conversions by AVX2's own instructions, for each set of x86-64 that has them: included between quantized_common.h and
// quantized_body.h, which has the plain versions.
#include <immintrin.h>

#define OWN_CODES
// The nearest whole numbers. What is too large for 32 bits would come out as the least number.
INLINE __m256i whole(f8 x, float most) { return _mm256_cvtps_epi32(_mm256_min_ps((__m256)x, _mm256_set1_ps(most))); }
INLINE __m128i words(f8 x, float most) {
    __m256i all = whole(x, most);
    return _mm_packs_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}
INLINE void store_bytes(uint8_t *p, f8 x, int zero) {
    __m128i narrow = _mm_adds_epi16(words(x, 32767), _mm_set1_epi16((short)(zero - 128)));
    _mm_storel_epi64((__m128i *)p, _mm_xor_si128(_mm_packs_epi16(narrow, narrow), _mm_set1_epi8(-128)));
}
INLINE void store_words(int16_t *p, f8 x) {
    _mm_storeu_si128((__m128i *)p, _mm_max_epi16(words(x, WORD_LIMIT), _mm_set1_epi16(-WORD_LIMIT)));
}

INLINE words_8 scaled_8(words_8 x, words_8 multiplier) {
    return (words_8)_mm_mulhrs_epi16((__m128i)x, (__m128i)multiplier);
}
INLINE words_16 scaled_16(words_16 x, words_16 multiplier) {
    return (words_16)_mm256_mulhrs_epi16((__m256i)x, (__m256i)multiplier);
}
INLINE void store_codes_8(uint8_t *p, long apart, words_8 x, words_8 y) {
    __m128i bytes = _mm_xor_si128(_mm_packs_epi16((__m128i)x, (__m128i)y), _mm_set1_epi8(-128));
    _mm_storel_epi64((__m128i *)p, bytes);
    _mm_storeh_pd((double *)(p + apart), (__m128d)bytes);
}
INLINE void store_codes_16(uint8_t *p, long apart, words_16 x, words_16 y) {
    __m256i bytes = _mm256_xor_si256(_mm256_packs_epi16((__m256i)x, (__m256i)y), _mm256_set1_epi8(-128));
    // Packed within each half: eight of x and of y, then the other eights.
    bytes = _mm256_permute4x64_epi64(bytes, 0xd8);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(bytes));
    _mm_storeu_si128((__m128i *)(p + apart), _mm256_extracti128_si256(bytes, 1));
}
