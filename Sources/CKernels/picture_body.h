// The picture's kernels, in plain C that the compiler turns into vectors; included once for each instruction set, after
// NAME, KERNEL_SET_NAME and HAS_GATHER are defined.

static inline uint32_t NAME(byte_of)(int32_t value) {
    value >>= 16;
    return (uint32_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static inline uint32_t NAME(pixel_of)(int32_t luma, int32_t blue, int32_t red, const picture_weights w) {
    const int32_t base = (luma - w.black) * w.luma + 32768;
    return 0xFF000000u | NAME(byte_of)(base + red * w.red_from_red) << 16 |
           NAME(byte_of)(base - red * w.green_from_red - blue * w.green_from_blue) << 8 |
           NAME(byte_of)(base + blue * w.blue_from_blue);
}

// The steps are constants where this is called, so that each layout gets a loop of its own.
static inline __attribute__((always_inline)) void NAME(yuv_loop)(
    const uint8_t *restrict luma, long luma_step, const uint8_t *restrict blue, const uint8_t *restrict red,
    long chroma_step, long count, const picture_weights w, uint32_t *restrict pixels) {
    for (long pair = 0; pair < count / 2; pair++) {
        const int32_t b = blue[pair * chroma_step] - 128, r = red[pair * chroma_step] - 128;
        pixels[2 * pair] = NAME(pixel_of)(luma[2 * pair * luma_step], b, r, w);
        pixels[2 * pair + 1] = NAME(pixel_of)(luma[(2 * pair + 1) * luma_step], b, r, w);
    }
    if (count % 2) {
        const long last = count - 1, pair = last / 2;
        pixels[last] = NAME(pixel_of)(luma[last * luma_step], blue[pair * chroma_step] - 128,
                                      red[pair * chroma_step] - 128, w);
    }
}

static void NAME(pixels_of_yuv)(const uint8_t *luma, long luma_step, const uint8_t *blue, const uint8_t *red,
                                long chroma_step, long count, const picture_weights *weights, uint32_t *pixels) {
    if (luma_step == 1 && chroma_step == 1) {
        NAME(yuv_loop)(luma, 1, blue, red, 1, count, *weights, pixels);
    } else if (luma_step == 1 && chroma_step == 2) {
        NAME(yuv_loop)(luma, 1, blue, red, 2, count, *weights, pixels);
    } else if (luma_step == 2 && chroma_step == 4) {
        NAME(yuv_loop)(luma, 2, blue, red, 4, count, *weights, pixels);
    } else {
        NAME(yuv_loop)(luma, luma_step, blue, red, chroma_step, count, *weights, pixels);
    }
}

static void NAME(pixels_of_bytes)(const uint8_t *restrict bytes, long step, long red, long green, long blue, long count,
                                  uint32_t *restrict pixels) {
    for (long x = 0; x < count; x++) {
        const uint8_t *pixel = bytes + x * step;
        pixels[x] = 0xFF000000u | (uint32_t)pixel[red] << 16 | (uint32_t)pixel[green] << 8 | pixel[blue];
    }
}

#if HAS_GATHER
static void NAME(stretch)(const uint32_t *restrict row, const int32_t *restrict at, const uint16_t *restrict share,
                          long count, uint32_t *restrict stretched) {
    // Two colours at once in the halves of a word: 255 * 256 + 128 fits 16 bits.
    const uint32_t halves = 0x00FF00FF, round = 0x00800080;
    for (long x = 0; x < count; x++) {
        const uint32_t left = row[at[x]], right = row[at[x] + 1], near = 256u - share[x], far = share[x];
        const uint32_t low = (left & halves) * near + (right & halves) * far + round;
        const uint32_t high = (left >> 8 & halves) * near + (right >> 8 & halves) * far + round;
        stretched[x] = (low >> 8 & halves) | (high & ~halves);
    }
}
#else
typedef uint8_t NAME(bytes) __attribute__((vector_size(8)));
typedef uint16_t NAME(words) __attribute__((vector_size(16)));

// Without a gather and a product of words: a pixel and its neighbour side by side, in 16 bits each.
static void NAME(stretch)(const uint32_t *restrict row, const int32_t *restrict at, const uint16_t *restrict share,
                          long count, uint32_t *restrict stretched) {
    for (long x = 0; x < count; x++) {
        NAME(bytes) both;
        __builtin_memcpy(&both, row + at[x], sizeof both);
        const uint16_t near = (uint16_t)(256 - share[x]), far = share[x];
        NAME(words) parts = __builtin_convertvector(both, NAME(words)) *
                            (NAME(words)){near, near, near, near, far, far, far, far};
        parts = (parts + __builtin_shufflevector(parts, parts, 4, 5, 6, 7, 4, 5, 6, 7) + 128) >> 8;
        const NAME(bytes) mixed = __builtin_convertvector(parts, NAME(bytes));
        __builtin_memcpy(stretched + x, &mixed, sizeof *stretched);
    }
}
#endif

static void NAME(mix)(const uint8_t *restrict upper, const uint8_t *restrict lower, long share, long count,
                      uint8_t *restrict mixed) {
    const uint16_t far = (uint16_t)share, near = (uint16_t)(256 - share);
    for (long x = 0; x < count; x++) {
        mixed[x] = (uint8_t)((uint16_t)(upper[x] * near + lower[x] * far + 128) >> 8);
    }
}

static const picture_kernels NAME(picture_table) = {
    .name = KERNEL_SET_NAME,
    .pixels_of_yuv = NAME(pixels_of_yuv),
    .pixels_of_bytes = NAME(pixels_of_bytes),
    .stretch = NAME(stretch),
    .mix = NAME(mix),
};
