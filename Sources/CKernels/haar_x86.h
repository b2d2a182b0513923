// Making pictures smaller and summing them up with AVX2's instructions.

static void NAME(blend_rows)(const uint8_t *first, const uint8_t *second, long width, uint32_t share,
                             uint16_t *blended) {
    const __m256i shares = _mm256_set1_epi16((short)share), rest = _mm256_set1_epi16((short)(256 - share));
    long x = 0;
    for (; x + 16 <= width; x += 16) {
        __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(first + x)));
        __m256i b = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(second + x)));
        __m256i sum = _mm256_add_epi16(_mm256_mullo_epi16(a, rest), _mm256_mullo_epi16(b, shares));
        _mm256_storeu_si256((__m256i *)(blended + x), sum);
    }
    for (; x < width; x++) blended[x] = (uint16_t)(first[x] * (256 - share) + second[x] * share);
    blended[width] = 0;
}

/// Each lane and all before it, added up.
static inline __m256i NAME(prefix)(__m256i v) {
    v = _mm256_add_epi32(v, _mm256_slli_si256(v, 4));
    v = _mm256_add_epi32(v, _mm256_slli_si256(v, 8));
    __m256i low = _mm256_permutevar8x32_epi32(v, _mm256_set1_epi32(3));
    return _mm256_add_epi32(v, _mm256_blend_epi32(_mm256_setzero_si256(), low, 0xf0));
}

static void NAME(sum_row)(const uint16_t *blended, haar_taps columns, uint8_t *pixels, haar_tables tables, long row) {
    uint32_t *sums = tables.sums + row * tables.stride, *squares = tables.squares + row * tables.stride;
    const long stride = tables.stride, half = stride / 2;
    const __m256i sign = _mm256_set1_epi32((int)0x80008000), whole = _mm256_set1_epi32(256);
    // Halves round up; and what turning unsigned 16 bits into signed ones took away comes back.
    const __m256i bias = _mm256_set1_epi32((1 << 15) + (256 << 15));
    const __m256i last = _mm256_set1_epi32(7), halves = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    const __m256i bytes = _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,  //
                                           0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    __m256i sum = _mm256_setzero_si256(), square = sum;
    sums[0] = squares[0] = 0;
    for (long x = 0; x < columns.count; x += 8) {
        __m256i first = _mm256_loadu_si256((const __m256i *)(columns.first + x));
        __m256i share = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(columns.share + x)));
        __m256i shares = _mm256_or_si256(_mm256_slli_epi32(share, 16), _mm256_sub_epi32(whole, share));
        __m256i pairs = _mm256_xor_si256(_mm256_i32gather_epi32((const int *)blended, first, 2), sign);
        __m256i pixel = _mm256_srli_epi32(_mm256_add_epi32(_mm256_madd_epi16(pairs, shares), bias), 16);
        __m256i packed = _mm256_shuffle_epi8(pixel, bytes);
        __m128i byte = _mm_unpacklo_epi32(_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1));
        _mm_storel_epi64((__m128i *)(pixels + x), byte);
        sum = _mm256_add_epi32(NAME(prefix)(pixel), _mm256_permutevar8x32_epi32(sum, last));
        __m256i squared = _mm256_madd_epi16(pixel, pixel);
        square = _mm256_add_epi32(NAME(prefix)(squared), _mm256_permutevar8x32_epi32(square, last));
        if (tables.split) {
            __m256i a = _mm256_permutevar8x32_epi32(sum, halves), b = _mm256_permutevar8x32_epi32(square, halves);
            long odd = half + x / 2, even = x / 2 + 1;
#define ADD(table, at, lanes)                                                                                       \
    _mm_storeu_si128((__m128i *)(table + at),                                                                       \
                     _mm_add_epi32(_mm_loadu_si128((const __m128i *)(table + at - stride)), lanes))
            ADD(sums, odd, _mm256_castsi256_si128(a));
            ADD(sums, even, _mm256_extracti128_si256(a, 1));
            ADD(squares, odd, _mm256_castsi256_si128(b));
            ADD(squares, even, _mm256_extracti128_si256(b, 1));
#undef ADD
        } else {
#define ADD(table, lanes)                                                                                           \
    _mm256_storeu_si256((__m256i *)(table + x + 1),                                                                 \
                        _mm256_add_epi32(_mm256_loadu_si256((const __m256i *)(table + x + 1 - stride)), lanes))
            ADD(sums, sum);
            ADD(squares, square);
#undef ADD
        }
    }
}
