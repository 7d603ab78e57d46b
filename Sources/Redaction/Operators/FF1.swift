import Crypto
import CryptoExtras

/// Format-preserving encryption FF1 with AES (NIST SP 800-38G, March 2016, algorithms 7 and 8).
///
/// The domain must hold at least 1,000,000 values (SP 800-38G Rev. 1, second draft). FF3 and FF3-1 are withdrawn by the same
/// draft and are not offered.
public struct FF1: Sendable {
    /// The smallest domain that may be encrypted.
    public static let smallestDomain = 1_000_000

    /// Why a text cannot be encrypted.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case keySize, radix, domainTooSmall, textTooLong, numeralOutOfRange

        /// What is wrong and what to do, without any of the text.
        public var description: String {
            switch self {
            case .keySize: "an FF1 key has 16, 24 or 32 bytes"
            case .radix: "the radix of FF1 is 2 to 36 here"
            case .domainTooSmall: "fewer than 1,000,000 values have this form; use a mask or a token instead"
            case .textTooLong: "the text is too long for FF1 here; use a token instead"
            case .numeralOutOfRange: "a numeral is not below the radix"
            }
        }
    }

    private let key: SymmetricKey

    /// Uses an AES key of 16, 24 or 32 bytes.
    public init(key: [UInt8]) throws(Failure) {
        guard [16, 24, 32].contains(key.count) else { throw .keySize }
        self.key = SymmetricKey(data: key)
    }

    /// Encrypts the numerals, each below `radix`, under the public `tweak`.
    public func encrypt(_ numerals: [UInt8], radix: Int, tweak: [UInt8]) throws(Failure) -> [UInt8] {
        try run(numerals, radix, tweak, rounds: Array(0..<10), isEncryption: true)
    }

    /// Takes back what ``encrypt(_:radix:tweak:)`` did.
    public func decrypt(_ numerals: [UInt8], radix: Int, tweak: [UInt8]) throws(Failure) -> [UInt8] {
        try run(numerals, radix, tweak, rounds: (0..<10).reversed(), isEncryption: false)
    }

    private func run(
        _ numerals: [UInt8],
        _ radix: Int,
        _ tweak: [UInt8],
        rounds: [Int],
        isEncryption: Bool
    ) throws(Failure) -> [UInt8] {
        guard 2...36 ~= radix else { throw .radix }
        guard numerals.allSatisfy({ Int($0) < radix }) else { throw .numeralOutOfRange }
        let n = numerals.count
        let u = n / 2
        let v = n - u
        // Halves are kept in 64 bits.
        guard let highest = Self.power(radix, v) else { throw .textTooLong }
        guard n >= 2, (Self.power(radix, n) ?? .max) >= UInt64(Self.smallestDomain) else { throw .domainTooSmall }
        let lowest = Self.power(radix, u) ?? 1
        let bits = 64 - (highest - 1).leadingZeroBitCount
        let b = (bits + 7) / 8
        let d = 4 * ((b + 3) / 4) + 4

        var a = Self.number(numerals[..<u], radix)
        var c = Self.number(numerals[u...], radix)
        let prefix =
            [1, 2, 1, UInt8(radix >> 16 & 255), UInt8(radix >> 8 & 255), UInt8(radix & 255), 10, UInt8(u & 255)]
            + Self.bigEndian(UInt64(n), 4) + Self.bigEndian(UInt64(tweak.count), 4)
        let first = permute(prefix)
        for round in rounds {
            // The half that goes through the round function.
            let half = isEncryption ? c : a
            var q = tweak
            q.append(contentsOf: repeatElement(0, count: (16 - (tweak.count + b + 1) % 16) % 16))
            q.append(UInt8(round))
            q.append(contentsOf: Self.bigEndian(half, b))
            var block = first
            for start in stride(from: 0, to: q.count, by: 16) {
                for index in 0..<16 { block[index] ^= q[start + index] }
                block = permute(block)
            }
            let modulus = round % 2 == 0 ? lowest : highest
            var y: UInt64 = 0
            for index in 0..<d {
                let (high, low) = y.multipliedFullWidth(by: 256)
                let sum = low.addingReportingOverflow(UInt64(block[index]))
                y = modulus.dividingFullWidth((high &+ (sum.overflow ? 1 : 0), sum.partialValue)).remainder
            }
            if isEncryption {
                let mixed = Self.add(a, y, modulus)
                (a, c) = (c, mixed)
            } else {
                let mixed = Self.add(c, modulus - y, modulus)
                (c, a) = (a, mixed)
            }
        }
        return Self.numerals(a, radix, u) + Self.numerals(c, radix, v)
    }

    private func permute(_ block: [UInt8]) -> [UInt8] {
        var block = block
        do {
            try AES.permute(&block, key: key)
        } catch {
            preconditionFailure("a block of 16 bytes and a checked key are always accepted")
        }
        return block
    }

    private static func add(_ left: UInt64, _ right: UInt64, _ modulus: UInt64) -> UInt64 {
        let left = left % modulus
        let right = right % modulus
        return left >= modulus - right ? left - (modulus - right) : left + right
    }

    private static func power(_ base: Int, _ exponent: Int) -> UInt64? {
        var result: UInt64 = 1
        for _ in 0..<exponent {
            let (product, overflow) = result.multipliedReportingOverflow(by: UInt64(base))
            if overflow || product > UInt64(Int64.max) { return nil }
            result = product
        }
        return result
    }

    private static func number(_ numerals: ArraySlice<UInt8>, _ radix: Int) -> UInt64 {
        numerals.reduce(0) { $0 &* UInt64(radix) &+ UInt64($1) }
    }

    private static func numerals(_ value: UInt64, _ radix: Int, _ count: Int) -> [UInt8] {
        var value = value
        var result = [UInt8](repeating: 0, count: count)
        for index in (0..<count).reversed() {
            result[index] = UInt8(value % UInt64(radix))
            value /= UInt64(radix)
        }
        return result
    }

    private static func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { index in
            let shift = UInt64(8 * (count - 1 - index))
            return shift > 63 ? 0 : UInt8(truncatingIfNeeded: value >> shift)
        }
    }
}
