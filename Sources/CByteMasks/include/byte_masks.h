// Which of 64 bytes are of a class, one bit for each: SSE2, NEON, or plain C.
#ifndef BYTE_MASKS_H
#define BYTE_MASKS_H

#include <stdint.h>

// Bit n stands for byte n.
struct byte_masks {
    uint64_t letters;      // A to Z and a to z
    uint64_t lower;        // a to z
    uint64_t digits;       // 0 to 9
    uint64_t ats;          // @
    uint64_t line_breaks;  // line feed and carriage return
    uint64_t wide;         // 0x80 and above
};

#if defined(__SSE2__)

#include <emmintrin.h>

static inline uint64_t byte_masks_bits(__m128i lanes, int place) {
    return (uint64_t)(uint32_t)_mm_movemask_epi8(lanes) << place;
}

// The bytes from first to first + width.
static inline __m128i byte_masks_range(__m128i bytes, char first, char width) {
    __m128i moved = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(moved, _mm_set1_epi8(width)), moved);
}

static inline struct byte_masks byte_masks_of(const uint8_t *bytes) {
    struct byte_masks masks = {0, 0, 0, 0, 0, 0};
    for (int place = 0; place < 64; place += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(bytes + place));
        __m128i folded = _mm_or_si128(block, _mm_set1_epi8(0x20));
        __m128i breaks = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(0x0A)), _mm_cmpeq_epi8(block, _mm_set1_epi8(0x0D)));
        masks.letters |= byte_masks_bits(byte_masks_range(folded, 0x61, 25), place);
        // The bit of lower case, moved to where the bits are taken from.
        masks.lower |= byte_masks_bits(_mm_slli_epi16(block, 2), place);
        masks.digits |= byte_masks_bits(byte_masks_range(block, 0x30, 9), place);
        masks.ats |= byte_masks_bits(_mm_cmpeq_epi8(block, _mm_set1_epi8(0x40)), place);
        masks.line_breaks |= byte_masks_bits(breaks, place);
        masks.wide |= byte_masks_bits(block, place);
    }
    masks.lower &= masks.letters;
    return masks;
}

#elif defined(__aarch64__) && defined(__ARM_NEON)

#include <arm_neon.h>

static inline uint64_t byte_masks_bits(const uint8x16_t lanes[4]) {
    const uint8x16_t bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t low = vpaddq_u8(vandq_u8(lanes[0], bit), vandq_u8(lanes[1], bit));
    uint8x16_t high = vpaddq_u8(vandq_u8(lanes[2], bit), vandq_u8(lanes[3], bit));
    uint8x16_t sum = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
}

// The bytes from first to first + width.
static inline uint8x16_t byte_masks_range(uint8x16_t bytes, uint8_t first, uint8_t width) {
    return vcleq_u8(vsubq_u8(bytes, vdupq_n_u8(first)), vdupq_n_u8(width));
}

static inline struct byte_masks byte_masks_of(const uint8_t *bytes) {
    uint8x16_t letters[4], lower[4], digits[4], ats[4], breaks[4], wide[4];
    for (int part = 0; part < 4; part++) {
        uint8x16_t block = vld1q_u8(bytes + 16 * part);
        uint8x16_t folded = vorrq_u8(block, vdupq_n_u8(0x20));
        letters[part] = byte_masks_range(folded, 0x61, 25);
        lower[part] = byte_masks_range(block, 0x61, 25);
        digits[part] = byte_masks_range(block, 0x30, 9);
        ats[part] = vceqq_u8(block, vdupq_n_u8(0x40));
        breaks[part] = vorrq_u8(vceqq_u8(block, vdupq_n_u8(0x0A)), vceqq_u8(block, vdupq_n_u8(0x0D)));
        wide[part] = vcgeq_u8(block, vdupq_n_u8(0x80));
    }
    struct byte_masks masks = {
        byte_masks_bits(letters), byte_masks_bits(lower), byte_masks_bits(digits),
        byte_masks_bits(ats),     byte_masks_bits(breaks), byte_masks_bits(wide)};
    return masks;
}

#else

static inline struct byte_masks byte_masks_of(const uint8_t *bytes) {
    struct byte_masks masks = {0, 0, 0, 0, 0, 0};
    for (int place = 0; place < 64; place++) {
        uint8_t byte = bytes[place];
        masks.letters |= (uint64_t)((uint8_t)((byte | 0x20) - 0x61) < 26) << place;
        masks.lower |= (uint64_t)((uint8_t)(byte - 0x61) < 26) << place;
        masks.digits |= (uint64_t)((uint8_t)(byte - 0x30) < 10) << place;
        masks.ats |= (uint64_t)(byte == 0x40) << place;
        masks.line_breaks |= (uint64_t)(byte == 0x0A || byte == 0x0D) << place;
        masks.wide |= (uint64_t)(byte >= 0x80) << place;
    }
    return masks;
}

#endif

#endif
