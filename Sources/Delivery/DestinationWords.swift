import Redaction

/// What a destination says of a request, as far as it may be kept: one line, bounded, without secrets, with what looks like personal
/// data masked. Nothing at all is kept of words that hold parts of what was sent: a receiver that repeats a body in its refusal is
/// not to make a copy of the event here.
public struct DestinationWords: Sendable, Hashable, CustomStringConvertible {
    /// Most characters that are kept.
    static let longest = 300
    /// So many letters and digits in a row that stand in the words and in what was sent are a part of it. Names of fields that a refusal
    /// speaks of are shorter, as a rule.
    static let run = 12

    /// The words.
    public let description: String

    /// - Parameters:
    ///   - secrets: what must not be in them.
    ///   - sent: what the destination was sent, as it was before compression.
    /// - Returns: nil when nothing of them may be kept.
    public init?(_ words: String, hiding secrets: [String] = [], sent: some Sequence<[UInt8]>) {
        guard !Self.repeats(words, sent) else { return nil }
        var text = words
        for secret in secrets where !secret.isEmpty { text = text.replacing(secret, with: "…") }
        let line = String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
        description = String(RecordedWords.masked(line).prefix(Self.longest))
    }

    /// Whether a run of the words stands in what was sent, whatever quotes and escapes are between.
    private static func repeats(_ words: String, _ sent: some Sequence<[UInt8]>) -> Bool {
        var runs: Set<UInt64> = []
        var window = Window()
        for byte in words.utf8 { if let run = window.take(byte) { runs.insert(run) } }
        guard !runs.isEmpty else { return false }
        for bytes in sent {
            window = Window()
            for byte in bytes { if let run = window.take(byte), runs.contains(run) { return true } }
        }
        return false
    }

    /// A polynomial hash of the newest letters and digits, as Rabin and Karp search by it (modulo 2^64). Two runs that only hash alike cost
    /// some words.
    private struct Window {
        private static let base: UInt64 = 0x9e37_79b9_7f4a_7c15
        /// What the oldest of a run counts in its hash.
        private static let oldest = (1..<DestinationWords.run).reduce(UInt64(1)) { power, _ in power &* base }

        private var bytes = [UInt8](repeating: 0, count: DestinationWords.run)
        private var count = 0
        private var hash: UInt64 = 0

        /// - Returns: the run's hash once it is long enough; nil for what is neither letter nor digit.
        mutating func take(_ byte: UInt8) -> UInt64? {
            let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            guard lower >= 0x80 || (0x61...0x7A).contains(lower) || (0x30...0x39).contains(lower) else { return nil }
            let place = count % bytes.count
            hash = (hash &- UInt64(bytes[place]) &* Self.oldest) &* Self.base &+ UInt64(lower)
            bytes[place] = lower
            count += 1
            return count < bytes.count ? nil : hash
        }
    }
}
