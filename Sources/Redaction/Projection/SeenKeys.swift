/// Hashes keys of objects with a secret seed, so that a document cannot be made whose keys collide.
struct KeyHasher: Sendable {
    let seed: UInt64

    /// A 64-bit hash of the key's text (multiply and fold, eight bytes a step).
    @inline(__always)
    func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: key.count) &* 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset &+ 8 <= key.count {
            hash = fold(hash ^ key.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        var tail: UInt64 = 0
        while offset < key.count {
            tail = tail &<< 8 | UInt64(key[offset])
            offset &+= 1
        }
        return fold(fold(hash ^ tail) ^ seed)
    }

    @inline(__always)
    private func fold(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}

/// The keys met in the objects of one document, to find a key that comes twice in one object.
///
/// Open addressing over 64-bit fingerprints of (object, key). Each document has its own stamp, so nothing is cleared between
/// documents. Two different keys of one document share a fingerprint with a probability below n^2 / 2^65 for n keys; the
/// document is then refused, never let through.
struct SeenKeys {
    private struct Slot {
        var fingerprint: UInt64
        var stamp: UInt32
    }

    private var slots: [Slot] = []
    private var stamp: UInt32 = 0
    private var count = 0

    /// Starts a new document.
    mutating func begin() {
        count = 0
        if slots.isEmpty || stamp == .max {
            slots = Array(repeating: Slot(fingerprint: 0, stamp: 0), count: max(slots.count, 256))
            stamp = 0
        }
        stamp &+= 1
    }

    /// Remembers a key of the object numbered `object`; false when it is there already.
    mutating func insert(_ hash: UInt64, object: UInt64) -> Bool {
        if count &<< 1 >= slots.count { grow() }
        let fingerprint = hash ^ object &* 0x9E37_79B9_7F4A_7C15
        guard let index = freeSlot(fingerprint) else { return false }
        slots[index] = Slot(fingerprint: fingerprint, stamp: stamp)
        count &+= 1
        return true
    }

    /// Where the fingerprint belongs, or nil when it is there already. At least half of the slots are free.
    private func freeSlot(_ fingerprint: UInt64) -> Int? {
        let mask = slots.count &- 1
        var index = Int(truncatingIfNeeded: fingerprint) & mask
        while slots[index].stamp == stamp {
            if slots[index].fingerprint == fingerprint { return nil }
            index = (index &+ 1) & mask
        }
        return index
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(fingerprint: 0, stamp: 0), count: old.count * 2)
        for slot in old where slot.stamp == stamp {
            if let index = freeSlot(slot.fingerprint) { slots[index] = slot }
        }
    }
}
