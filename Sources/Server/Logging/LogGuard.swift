import Redaction
import Synchronization

/// The last look at a log line before it is written: what has slipped into a message or its metadata and can be told for personal
/// data without doubt is masked. What is known to be personal is marked where it is logged; see ``Sensitivity``.
///
/// Addresses of machines stay: operators need them. So do short numbers, dates and whatever only a context would make personal.
final class LogGuard: Sendable {
    /// One for the process: the tables are shared, and a line takes microseconds.
    static let shared = LogGuard()

    private let redactor: Redactor
    private let scratch = Mutex(Scratch())

    private init() {
        var policy = RedactionPolicy(name: "log", threshold: 78)
        let operational: [EntityType] = [.ipAddress, .macAddress, .cardExpiry, .dateOfBirth, .ukSortCode, .unresolved]
        for type in operational { policy.actions.updateValue(nil, forKey: type) }
        // Masks need neither keys nor a vault.
        redactor = (try? Redactor(policy: policy)) ?? Redactor()
    }

    /// The line, which is a JSON object, with findings masked.
    func guarded(_ line: [UInt8]) -> [UInt8] {
        scratch.withLock { scratch in
            line.withUnsafeBytes { bytes in
                redactor.find(bytes, into: scratch)
                guard !scratch.findings.isEmpty else { return line }
                do {
                    try redactor.redactJSON(bytes, into: scratch)
                    return scratch.output
                } catch {
                    return Array(#"{"message":"a log line was withheld: it could not be redacted"}"#.utf8)
                }
            }
        }
    }
}
