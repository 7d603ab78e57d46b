import Credentials
import Hummingbird
import Identity
import JSON
import Ledger
import NIOCore
import Redaction
import WallTime

/// Redaction of what a caller sends, and its reversal. Nothing of the text is kept, and nothing of it is logged.
///
/// Requests and answers are objects of a fixed form, as Genesys Cloud data actions want them.
struct RedactionRoutes: Sendable {
    /// The actions that a caller may choose: what is kept is not redacted.
    static let actions: [Action] = [.mask, .maskMiddle, .label, .hash, .token, .formatPreserving, .shiftDate]
    static let mostTokens = 100

    let service: RedactionService
    let identities: IdentityRegistry
    let ledger: Ledger
    let clock: any WallClock
    let producer: String

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.redact) { request, _, _ in
            let body = try await RedactionBody(request)
            let customer = try body.customer?.reference(identities.normaliser)
            let tokens = TokenCollector()
            let answer = try answer(body, try redactor(body, tokens))
            // What a token stands for is kept before the token is let out.
            try await identities.keep(
                tokens.take().map { TokenisedValue(token: $0.key, scope: body.scope, value: $0.value) },
                of: customer,
                until: clock.now().adding(seconds: Int64(service.tokensKeptDays) * 86_400)
            )
            return answer
        }
        group.serve(.reveal) { request, context, _ in
            let body = try await JSONBody(request, known: ["value", "type", "scope", "reason"])
            return try await reveal(body, by: context.client.id)
        }
        group.serve(.reverse) { request, context, _ in
            let body = try await JSONBody(request, known: ["tokens", "scope", "reason"])
            return try await reverse(body, by: context.client.id)
        }
    }

    private func redactor(_ body: RedactionBody, _ tokens: TokenCollector) throws(Refusal) -> Redactor {
        let policy = try policy(body)
        do throws(Redactor.Failure) {
            return try Redactor(policy: policy, keys: service.keys, vault: tokens)
        } catch {
            throw JSONBody.invalid(
                body.policy == nil ? "action" : "policy",
                "needs keys, which this installation does not have"
            )
        }
    }

    private func policy(_ body: RedactionBody) throws(Refusal) -> RedactionPolicy {
        if let name = body.policy {
            if let policy = service.policies[name] { return policy }
            let known = service.policies.keys.sorted().joined(separator: ", ")
            throw JSONBody.invalid(
                "policy",
                "is no policy of this installation; known: \(known.isEmpty ? "none" : known)"
            )
        }
        var policy = RedactionPolicy(name: "api", defaultAction: body.action ?? .mask)
        if let types = body.types {
            for type in EntityType.allCases where !types.contains(type) {
                policy.actions.updateValue(nil, forKey: type)
            }
        }
        return policy
    }

    private func answer(_ body: RedactionBody, _ redactor: Redactor) throws -> Response {
        let scratch = Scratch()
        var answer: [UInt8] = Array("{\"\(body.kind.rawValue)\":".utf8)
        try body.withContent { content in
            switch body.kind {
            case .text:
                do throws(VaultFailure) {
                    try redactor.redact(content, scope: body.scope, into: scratch)
                } catch { throw Refusal(.internalError) }
                scratch.output.withUnsafeBytes { JSONText.appendQuoted($0, to: &answer) }
            case .json, .transcript:
                do throws(JSONRedactionFailure) {
                    if body.kind == .json {
                        try redactor.redactJSON(content, scope: body.scope, into: scratch)
                    } else {
                        try redactor.redactTranscript(content, scope: body.scope, into: scratch)
                    }
                } catch { throw error.kind == .notJSON ? Refusal(.malformedJSON) : Refusal(.internalError) }
                answer.append(contentsOf: scratch.output)
            }
        }
        var counts: [EntityType: Int] = [:]
        for finding in scratch.findings { counts[finding.type, default: 0] += 1 }
        let list = EntityType.allCases.compactMap { type in
            counts[type].map { "{\"type\":\"\(type.name)\",\"count\":\($0)}" }
        }
        answer.append(contentsOf: ",\"findingCount\":\(scratch.findings.count)".utf8)
        answer.append(contentsOf: ",\"counts\":[\(list.joined(separator: ","))]}".utf8)
        return .bytes(answer, type: "application/json")
    }

    /// Gives back what tokens of a scope stand for. Each that is found is recorded before it is answered, without the value.
    private func reverse(_ body: JSONBody, by client: String) async throws -> Response {
        let texts = try JSONBody.required("tokens", try body.texts("tokens", most: Self.mostTokens))
        let scope = try body.text("scope", .redactionScope) ?? ""
        let reason = try JSONBody.required("reason", try body.text("reason", .reason))
        let tokens = texts.compactMap { RedactionToken($0) }
        guard tokens.count == texts.count, !tokens.isEmpty else {
            throw JSONBody.invalid("tokens", "are tokens as redaction wrote them, at least one of them")
        }
        let found = try await identities.reveal(
            tokens.map(\.text),
            scope: scope,
            by: IdentityActor(name: client, reason: reason)
        ) { RedactionToken($0)?.type.name ?? EntityType.custom.name }
        return try .json([
            "values": .array(
                tokens.compactMap { token in
                    found[token.text].map {
                        [
                            "token": .string(token.text), "type": .string(token.type.name),
                            "value": .string(String(decoding: $0, as: UTF8.self)),
                        ]
                    }
                }
            ),
            "unknown": .array(tokens.filter { found[$0.text] == nil }.map { .string($0.text) }),
        ])
    }

    /// Turns an encrypted number back. Recorded before it is answered, without the value.
    private func reveal(_ body: JSONBody, by client: String) async throws -> Response {
        let value = try JSONBody.required("value", try body.text("value", .redactedValue))
        let name = try JSONBody.required("type", try body.text("type", .typeName))
        let scope = try body.text("scope", .redactionScope) ?? ""
        let reason = try JSONBody.required("reason", try body.text("reason", .reason))
        guard let type = EntityType(name: name) else { throw JSONBody.invalid("type", "is no type of finding") }
        guard let keys = service.keys, let redactor = try? Redactor(policy: RedactionPolicy(name: "api"), keys: keys),
            let plain = redactor.reveal(value, type: type, scope: scope)
        else { throw JSONBody.invalid("value", "is not of a form that can be taken back for this type") }
        try await ledger.append(
            Event(
                type: .redactionReversed,
                identity: .random(producer: producer),
                timestamp: clock.now(),
                fields: [
                    "actor": .string(client), "dataType": .string(type.name), "scope": .string(scope),
                    "reason": .string(RecordedWords.masked(reason)),
                ]
            )
        )
        return try .json(["value": .string(plain), "type": .string(type.name)])
    }
}
