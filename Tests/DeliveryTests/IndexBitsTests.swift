import DeliveryWire
import Testing

@testable import Delivery

@Suite struct IndexBitsTests {
    /// Whatever is added, removed and clamped, the bits are those of a plain set.
    @Test(arguments: 0..<40) func doesAsAPlainSetDoes(seed: UInt64) {
        var generator = SeededGenerator(seed)
        let first = UInt64.random(in: 0..<1000, using: &generator)
        let whole = first..<first + UInt64.random(in: 0..<700, using: &generator)
        var (bits, plain) = (IndexBits(whole), Set<UInt64>())
        for _ in 0..<60 {
            let start = UInt64.random(in: 0..<2000, using: &generator)
            let range = start..<start + UInt64.random(in: 0..<300, using: &generator)
            let here = range.filter(bits.range.contains)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1:
                #expect(bits.insert(range) == UInt64(here.count { !plain.contains($0) }))
                plain.formUnion(here)
            case 2:
                #expect(bits.remove(range) == UInt64(here.count(where: plain.contains)))
                plain.subtract(here)
            case 3:
                #expect(bits.insert(start) == (bits.range.contains(start) && !plain.contains(start)))
                if bits.range.contains(start) { plain.insert(start) }
            default:
                guard Bool.random(using: &generator) else { continue }
                bits.clamp(to: range)
                plain = plain.filter(range.contains)
            }
            #expect(
                bits.count == UInt64(plain.count) && bits.range.allSatisfy { bits.contains($0) == plain.contains($0) }
            )
            var copy = IndexBits(whole)
            bits.bytes(of: bits.range).withUnsafeBytes { copy.insert(bytes: $0, from: bits.range.lowerBound) }
            #expect(copy == bits)
        }
    }

    @Test(arguments: 0..<40) func singleIndexesMakeTheSameSetInAnyOrder(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var indexes = (0..<80).map { _ in UInt64.random(in: 0..<120, using: &generator) } + [.max, .max - 1]
        let sorted = RangeSet(indexes: indexes.sorted())
        indexes.shuffle(using: &generator)
        let set = RangeSet(indexes: indexes)
        #expect(set == sorted && set.ranges.flatMap { Array($0) } == Set(indexes).subtracting([.max]).sorted())
        #expect(RangeSet<UInt64>(indexes: []).isEmpty)
    }
}
