// Included by network_body.h: one-dimensional transforms of F(2, 3), F(3, 3), F(4, 3) and F(6, 3) and their adjoints (Lavin and
// Gray, 2016, section 4), by the points 0, 1, -1, and 2, and -2, and 1/2 and -1/2. With more points less is multiplied, and
// rounding errors grow: by F(6, 3) they are twice those of F(4, 3).
INLINE void f2_bt(const v8a d[4], v8a o[4]) {
    o[0] = d[0] - d[2];
    o[1] = d[1] + d[2];
    o[2] = d[2] - d[1];
    o[3] = d[1] - d[3];
}
INLINE void f2_b(const v8a d[4], v8a o[4]) {
    o[0] = d[0];
    o[1] = d[1] - d[2] + d[3];
    o[2] = d[1] + d[2] - d[0];
    o[3] = -d[3];
}
INLINE void f2_at(const v8a d[4], v8a o[2]) {
    o[0] = d[0] + d[1] + d[2];
    o[1] = d[1] - d[2] - d[3];
}
INLINE void f2_a(const v8a d[2], v8a o[4]) {
    o[0] = d[0];
    o[1] = d[0] + d[1];
    o[2] = d[0] - d[1];
    o[3] = -d[1];
}
INLINE void f2_g(const v8a d[3], v8a o[4]) {
    v8a even = 0.5f * (d[0] + d[2]), odd = 0.5f * d[1];
    o[0] = d[0];
    o[1] = even + odd;
    o[2] = even - odd;
    o[3] = d[2];
}
INLINE void f2_gt(const v8a d[4], v8a o[3]) {
    v8a sum = 0.5f * (d[1] + d[2]);
    o[0] = d[0] + sum;
    o[1] = 0.5f * (d[1] - d[2]);
    o[2] = d[3] + sum;
}
INLINE void f3_bt(const v8a d[5], v8a o[5]) {
    v8a a = d[3] - d[1];
    o[0] = 2.0f * (d[0] - d[2]) + a;
    o[1] = d[3] - d[2] - 2.0f * d[1];
    o[2] = d[3] - 3.0f * d[2] + 2.0f * d[1];
    o[3] = a;
    o[4] = d[4] - d[2] - 2.0f * a;
}
INLINE void f3_b(const v8a d[5], v8a o[5]) {
    v8a s = d[1] + d[2];
    o[0] = 2.0f * d[0];
    o[1] = 2.0f * (d[2] - d[1] + d[4]) - d[0] - d[3];
    o[2] = -2.0f * (d[0] + d[2]) - s - d[4];
    o[3] = d[0] + s + d[3] - 2.0f * d[4];
    o[4] = d[4];
}
INLINE void f3_at(const v8a d[5], v8a o[3]) {
    v8a s = d[1] + d[2];
    o[0] = d[0] + s + d[3];
    o[1] = d[1] - d[2] + 2.0f * d[3];
    o[2] = s + 4.0f * d[3] + d[4];
}
INLINE void f3_a(const v8a d[3], v8a o[5]) {
    v8a even = d[0] + d[2];
    o[0] = d[0];
    o[1] = even + d[1];
    o[2] = even - d[1];
    o[3] = d[0] + 2.0f * d[1] + 4.0f * d[2];
    o[4] = d[2];
}
INLINE void f3_g(const v8a d[3], v8a o[5]) {
    v8a even = d[0] + d[2];
    o[0] = 0.5f * d[0];
    o[1] = -0.5f * (even + d[1]);
    o[2] = (1.0f / 6) * (d[1] - even);
    o[3] = (1.0f / 6) * d[0] + (1.0f / 3) * d[1] + (2.0f / 3) * d[2];
    o[4] = d[2];
}
INLINE void f3_gt(const v8a d[5], v8a o[3]) {
    v8a a = 0.5f * d[1], b = (1.0f / 6) * d[2], c = (1.0f / 6) * d[3];
    o[0] = 0.5f * d[0] - a - b + c;
    o[1] = b - a + 2.0f * c;
    o[2] = 4.0f * c - a - b + d[4];
}
INLINE void f4_bt(const v8a d[6], v8a o[6]) {
    v8a a = d[4] - 4.0f * d[2], b = d[3] - 4.0f * d[1], c = d[4] - d[2], e = 2.0f * (d[3] - d[1]);
    o[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
    o[1] = a + b;
    o[2] = a - b;
    o[3] = c + e;
    o[4] = c - e;
    o[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
}
INLINE void f4_b(const v8a d[6], v8a o[6]) {
    v8a s = d[1] + d[2], t = d[1] - d[2], p = d[3] + d[4], q = d[3] - d[4];
    o[0] = 4.0f * d[0];
    o[1] = -4.0f * t - 2.0f * q + 4.0f * d[5];
    o[2] = -5.0f * d[0] - 4.0f * s - p;
    o[3] = t + 2.0f * q - 5.0f * d[5];
    o[4] = d[0] + s + p;
    o[5] = d[5];
}
INLINE void f4_at(const v8a d[6], v8a o[4]) {
    v8a s = d[1] + d[2], t = d[1] - d[2], p = d[3] + d[4], q = d[3] - d[4];
    o[0] = d[0] + s + p;
    o[1] = t + 2.0f * q;
    o[2] = s + 4.0f * p;
    o[3] = t + 8.0f * q + d[5];
}
INLINE void f4_a(const v8a d[4], v8a o[6]) {
    v8a even = d[0] + d[2], odd = d[1] + d[3], even2 = d[0] + 4.0f * d[2], odd2 = 2.0f * d[1] + 8.0f * d[3];
    o[0] = d[0];
    o[1] = even + odd;
    o[2] = even - odd;
    o[3] = even2 + odd2;
    o[4] = even2 - odd2;
    o[5] = d[3];
}
INLINE void f4_g(const v8a d[3], v8a o[6]) {
    v8a even = (-1.0f / 6) * (d[0] + d[2]), odd = (-1.0f / 6) * d[1];
    v8a even2 = (1.0f / 24) * d[0] + (1.0f / 6) * d[2], odd2 = (1.0f / 12) * d[1];
    o[0] = 0.25f * d[0];
    o[1] = even + odd;
    o[2] = even - odd;
    o[3] = even2 + odd2;
    o[4] = even2 - odd2;
    o[5] = d[2];
}
INLINE void f4_gt(const v8a d[6], v8a o[3]) {
    v8a s = (-1.0f / 6) * (d[1] + d[2]), p = d[3] + d[4];
    o[0] = 0.25f * d[0] + s + (1.0f / 24) * p;
    o[1] = (-1.0f / 6) * (d[1] - d[2]) + (1.0f / 12) * (d[3] - d[4]);
    o[2] = s + (1.0f / 6) * p + d[5];
}
// What points of either sign make of the even and the odd powers: at 1, at 2 and at 1/2.
INLINE void f6_signs(v8a even, v8a odd, v8a even2, v8a odd2, v8a even_half, v8a odd_half, v8a o[8]) {
    o[1] = even + odd;
    o[2] = even - odd;
    o[3] = even2 + odd2;
    o[4] = even2 - odd2;
    o[5] = even_half + odd_half;
    o[6] = even_half - odd_half;
}
INLINE void f6_bt(const v8a d[8], v8a o[8]) {
    v8a a = d[6] - 4.25f * d[4] + d[2], b = d[5] - 4.25f * d[3] + d[1];
    v8a c = d[6] - 1.25f * d[4] + 0.25f * d[2], e = 2.0f * d[5] - 2.5f * d[3] + 0.5f * d[1];
    v8a f = d[6] - 5.0f * d[4] + 4.0f * d[2], g = 0.5f * d[5] - 2.5f * d[3] + 2.0f * d[1];
    o[0] = d[0] - d[6] + 5.25f * (d[4] - d[2]);
    f6_signs(a, b, c, e, f, g, o);
    o[7] = d[7] - d[1] + 5.25f * (d[3] - d[5]);
}
INLINE void f6_b(const v8a d[8], v8a o[8]) {
    v8a s = d[1] + d[2], t = d[1] - d[2], p = d[3] + d[4], q = d[3] - d[4], u = d[5] + d[6], v = d[5] - d[6];
    o[0] = d[0];
    o[1] = t + 0.5f * q + 2.0f * v - d[7];
    o[2] = s + 0.25f * p + 4.0f * u - 5.25f * d[0];
    o[3] = 5.25f * d[7] - 4.25f * t - 2.5f * (q + v);
    o[4] = 5.25f * d[0] - 4.25f * s - 1.25f * p - 5.0f * u;
    o[5] = t + 2.0f * q + 0.5f * v - 5.25f * d[7];
    o[6] = s + p + u - d[0];
    o[7] = d[7];
}
INLINE void f6_at(const v8a d[8], v8a o[6]) {
    v8a s = d[1] + d[2], t = d[1] - d[2], p = d[3] + d[4], q = d[3] - d[4], u = d[5] + d[6], v = d[5] - d[6];
    o[0] = d[0] + s + p + u;
    o[1] = t + 2.0f * q + 0.5f * v;
    o[2] = s + 4.0f * p + 0.25f * u;
    o[3] = t + 8.0f * q + 0.125f * v;
    o[4] = s + 16.0f * p + 0.0625f * u;
    o[5] = t + 32.0f * q + 0.03125f * v + d[7];
}
INLINE void f6_a(const v8a d[6], v8a o[8]) {
    v8a even = d[0] + d[2] + d[4], odd = d[1] + d[3] + d[5];
    v8a even2 = d[0] + 4.0f * d[2] + 16.0f * d[4], odd2 = 2.0f * d[1] + 8.0f * d[3] + 32.0f * d[5];
    v8a half = d[0] + 0.25f * d[2] + 0.0625f * d[4], odd_half = 0.5f * d[1] + 0.125f * d[3] + 0.03125f * d[5];
    o[0] = d[0];
    f6_signs(even, odd, even2, odd2, half, odd_half, o);
    o[7] = d[5];
}
INLINE void f6_g(const v8a d[3], v8a o[8]) {
    v8a even = (-2.0f / 9) * (d[0] + d[2]), odd = (-2.0f / 9) * d[1];
    v8a even2 = (1.0f / 90) * d[0] + (2.0f / 45) * d[2], odd2 = (1.0f / 45) * d[1];
    v8a half = (32.0f / 45) * d[0] + (8.0f / 45) * d[2], odd_half = (16.0f / 45) * d[1];
    o[0] = d[0];
    f6_signs(even, odd, even2, odd2, half, odd_half, o);
    o[7] = d[2];
}
INLINE void f6_gt(const v8a d[8], v8a o[3]) {
    v8a s = (-2.0f / 9) * (d[1] + d[2]), p = d[3] + d[4], u = d[5] + d[6];
    o[0] = d[0] + s + (1.0f / 90) * p + (32.0f / 45) * u;
    o[1] = (-2.0f / 9) * (d[1] - d[2]) + (1.0f / 45) * (d[3] - d[4]) + (16.0f / 45) * (d[5] - d[6]);
    o[2] = s + (2.0f / 45) * p + (8.0f / 45) * u + d[7];
}
