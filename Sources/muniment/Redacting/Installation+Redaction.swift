import EventFormats
import Identity
import Redaction
import Server
import Settings

extension Installation {
    /// What redacts under a policy of the configuration.
    func redactor(_ policy: RedactionPolicy, vault: (any TokenVault)? = nil) throws -> Redactor {
        do throws(Redactor.Failure) {
            return try Redactor(policy: policy, keys: redactionKeys, vault: vault)
        } catch {
            throw CommandFailure("the redaction policy \(policy.name) cannot be used: \(error)")
        }
    }

    /// A policy of the configuration.
    func policy(named name: String) throws -> RedactionPolicy {
        if let policy = configuration.redaction.policies[name] { return policy }
        let known = configuration.redaction.policies.keys.sorted().joined(separator: ", ")
        throw CommandFailure(
            "\(configuration.file) has no redaction policy '\(name)'; known: \(known.isEmpty ? "none" : known)"
        )
    }

    /// How the free text of categories is redacted.
    func categoryRedactors() throws -> [Category: Redactor] {
        try configuration.redaction.categories.mapValues { try redactor(configuration.redaction.policy($0)) }
    }

    /// What the free text of events is redacted with on its way to a sink.
    func freeTextRedaction(_ policy: RedactionPolicy) throws -> FreeTextRedaction {
        let redactor = try redactor(policy)
        return FreeTextRedaction(name: "\(policy.name) \(policy.version)") { text in
            // Without tokens nothing can fail; if it could, nothing would be let out.
            (try? redactor.redact(text)) ?? "****"
        }
    }

    /// What callers of the control plane may have redacted, and how.
    var redactionService: RedactionService {
        RedactionService(
            policies: configuration.redaction.policies,
            keys: redactionKeys,
            tokensKeptDays: configuration.redaction.tokensKeptDays
        )
    }

    /// Has the process's log lines redacted under the policy that the configuration names.
    func redactLogLines() throws {
        guard let name = configuration.redaction.log else { return }
        JSONLogHandler.redact(with: try redactor(configuration.redaction.policy(name)))
    }
}
