public import Redaction
import Synchronization

/// The last look at a log line before it is written: what has slipped into a message or its metadata and can be told for personal
/// data without doubt is masked. What is known to be personal is marked where it is logged; see ``Sensitivity``.
///
/// Addresses of machines stay: operators need them. So do short numbers, dates and whatever only a context would make personal.
final class LogGuard: Sendable {
    /// One for the process: the tables are shared, and a line takes microseconds.
    static let shared = LogGuard()

    private let state: Mutex<State>

    private struct State: ~Copyable {
        var redactor: Redactor
        let scratch = Scratch()
    }

    private init() {
        // Masks need neither keys nor a vault.
        state = Mutex(State(redactor: (try? Redactor(policy: .forLogs)) ?? Redactor()))
    }

    /// From now on lines are redacted under another policy.
    func follow(_ redactor: Redactor) { state.withLock { $0.redactor = redactor } }

    /// The line, which is a JSON object, with findings masked.
    func guarded(_ line: [UInt8]) -> [UInt8] {
        state.withLock { state in
            let (redactor, scratch) = (state.redactor, state.scratch)
            return line.withUnsafeBytes { bytes in
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

extension RedactionPolicy {
    /// What log lines are redacted with unless the configuration names a policy.
    static let forLogs: RedactionPolicy = {
        var policy = RedactionPolicy(name: "log", threshold: 78)
        let operational: [EntityType] = [.ipAddress, .macAddress, .cardExpiry, .dateOfBirth, .ukSortCode, .unresolved]
        for type in operational { policy.actions.updateValue(nil, forKey: type) }
        return policy
    }()
}

extension JSONLogHandler {
    /// Redacts every line of this process under another policy than the built-in one; it must not make tokens.
    public static func redact(with redactor: Redactor) { LogGuard.shared.follow(redactor) }
}
