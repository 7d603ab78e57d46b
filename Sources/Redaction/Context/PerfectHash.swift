/// A table without collisions: one probe tells whether a hash is in it and where (Belazzougui, Botelho and Dietzfelbinger, "Hash,
/// displace, and compress", 2009).
struct PerfectHash {
    /// How far the hashes of each bucket are moved.
    private(set) var displacements: [UInt32]
    /// The place of the hash in each slot, counted from 1; 0 in a free one.
    private(set) var slots: [UInt16]
    /// The hashes by their places; the one at 0 belongs to free slots.
    let hashes: [UInt64]

    /// Places `hashes`, which differ and of which none is 0, at 1, 2 and so on.
    /// - Parameter least: the least number of slots, a power of two.
    init(_ hashes: [UInt64], slots least: Int = 256) {
        self.hashes = [0] + hashes
        var size = least
        while size < hashes.count * 2 { size *= 2 }
        while true {
            displacements = Array(repeating: 0, count: size / 8)
            slots = Array(repeating: 0, count: size)
            if fill() { return }
            size *= 2
        }
    }

    /// Places the buckets with the most hashes first; false when one cannot be placed.
    private mutating func fill() -> Bool {
        var buckets = [[Int]](repeating: [], count: displacements.count)
        for place in hashes.indices.dropFirst() {
            buckets[Self.bucket(hashes[place], displacements.count)].append(place)
        }
        for (bucket, places) in buckets.enumerated().sorted(by: { $0.element.count > $1.element.count }) {
            guard let displacement = (0..<UInt32(1 << 16)).first(where: { fits(places, $0) }) else { return false }
            displacements[bucket] = displacement
            for place in places { slots[Self.slot(hashes[place], displacement, slots.count)] = UInt16(place) }
        }
        return true
    }

    private func fits(_ places: [Int], _ displacement: UInt32) -> Bool {
        let wanted = places.map { Self.slot(hashes[$0], displacement, slots.count) }
        return Set(wanted).count == wanted.count && wanted.allSatisfy { slots[$0] == 0 }
    }

    /// The bucket of a hash among `count`, a power of two.
    @inline(__always)
    static func bucket(_ hash: UInt64, _ count: Int) -> Int {
        Int(truncatingIfNeeded: hash &>> 40) & (count &- 1)
    }

    /// The slot of a moved hash among `count`, a power of two.
    @inline(__always)
    static func slot(_ hash: UInt64, _ displacement: UInt32, _ count: Int) -> Int {
        Int(truncatingIfNeeded: hash &+ UInt64(displacement) &* (hash &>> 24 | 1)) & (count &- 1)
    }
}

/// The table of a ``PerfectHash`` in memory that is never freed, in one piece: displacements, then slots, then hashes.
struct PerfectHashView {
    private let memory: UnsafeRawPointer
    /// The number of slots.
    let slotCount: Int

    init(_ table: PerfectHash) {
        slotCount = table.slots.count
        var bytes = table.displacements.withUnsafeBytes { Array($0) }
        bytes += table.slots.withUnsafeBytes { Array($0) }
        bytes += table.hashes.withUnsafeBytes { Array($0) }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        memory.copyBytes(from: bytes)
        self.memory = UnsafeRawPointer(memory.baseAddress ?? .allocate(byteCount: 64, alignment: 64))
    }

    /// The same in a table of which it is known how many slots it has: most of the time that a look-up takes is saved.
    @inline(__always)
    func place(_ hash: UInt64, slots: Int) -> Int {
        let bucket = PerfectHash.bucket(hash, slots / 8)
        let displacement = memory.load(fromByteOffset: bucket &* 4, as: UInt32.self)
        let slot = PerfectHash.slot(hash, displacement, slots)
        let place = Int(memory.load(fromByteOffset: slots / 2 &+ slot &* 2, as: UInt16.self))
        let difference = memory.load(fromByteOffset: slots / 2 &+ slots &* 2 &+ place &* 8, as: UInt64.self) ^ hash
        // By arithmetic: words that are in the table and words that are not follow each other without a pattern.
        let isOther = (difference | (0 &- difference)) &>> 63
        return place & (Int(truncatingIfNeeded: isOther) &- 1)
    }

    /// The place of `hash`, 0 when it is not in the table.
    @inline(__always)
    func place(_ hash: UInt64) -> Int { place(hash, slots: slotCount) }
}

/// Memory for tables that live as long as the process.
enum Immortal {
    static func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(elements.count, 1))
        _ = memory.initialize(from: elements)
        return UnsafePointer(memory.baseAddress ?? .allocate(capacity: 1))
    }
}
