import Crypto
public import Identity
public import JSON
public import Ledger
import TextEncoding
public import WallTime

/// What is wrong with a reported event. It names the member, never its value.
public struct IntakeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The member, and what is wrong with it.
    public let description: String

    init(_ member: String, _ reason: String) { description = "\(member) \(reason)" }
}

/// Takes the events that contact flows and middleware report: `{"auditEvent": {…}}`. Each is checked, rewritten so that nothing in it
/// names a person in a way that cannot be destroyed, and recorded once however often it is sent.
public struct EventIntake: Sendable {
    private let ledger: Ledger
    private let tokeniser: Tokeniser
    let identities: IdentityRegistry
    private let clock: any WallClock

    /// Seconds by which a reporter's clock may be ahead of this one.
    private static let clockSkew: Int64 = 300

    /// What may be reported.
    public static let types: [EventType] = [.identityResolution, .dataDeletion, .relationshipRecorded]

    /// Takes events into a ledger.
    public init(ledger: Ledger, tokeniser: Tokeniser, identities: IdentityRegistry, clock: any WallClock) {
        self.ledger = ledger
        self.tokeniser = tokeniser
        self.identities = identities
        self.clock = clock
    }

    /// Records an event.
    /// - Parameters:
    ///   - event: what stands under `auditEvent`.
    ///   - key: the reporter's own name for it; without one the same content is the same event.
    ///   - reporter: the API client.
    /// - Throws: ``IntakeError`` when it is not one of the known events; ``LedgerError`` as an append does, `conflict` when another
    ///   event was recorded under the key.
    public func record(_ event: JSONValue, key: String?, from reporter: String) async throws -> Receipt {
        guard event.object != nil, let text = event["eventType"]?.string,
            let type = Self.types.first(where: { $0.rawValue == text })
        else {
            throw IntakeError("eventType", "must be one of \(Self.types.map(\.rawValue).joined(separator: ", "))")
        }
        let members = ReportedMembers(event)
        let timestamp = try members.moment("timestamp")
        guard timestamp <= clock.now().adding(seconds: Self.clockSkew) else {
            throw IntakeError("timestamp", "lies in the future")
        }
        var fields: [String: JSONValue]
        switch type {
        case .identityResolution:
            fields = try resolution(members)
            let hashes = try members.hashes()
            try members.end()
            try await name(&fields, hashes)
        case .relationshipRecorded:
            fields = try await relationship(members, from: reporter, at: timestamp)
        default:
            fields = try deletion(members)
            try members.end()
            try await name(&fields, nil)
        }
        fields["reportedBy"] = .string(reporter)
        let name = try key ?? Hex.encode(SHA256.hash(data: event.canonicalBytes()))
        return try await ledger.append(
            Event(
                type: type,
                identity: EventIdentity(producer: "reporter:\(reporter)", id: name),
                timestamp: timestamp,
                fields: fields
            )
        )
    }

    private func resolution(_ members: ReportedMembers) throws(IntakeError) -> [String: JSONValue] {
        [
            "interactionId": .string(try members.required("interactionId", 64)?.lowercased() ?? ""),
            "channelType": .string(try members.required("channelType", 40) ?? ""),
            "resolvedCustomerId": try members.optional("resolvedCustomerId", 128),
            "resolutionSource": .string(try members.required("resolutionSource", 100) ?? ""),
            "complianceFlags": .object([
                "gdprConsentRecorded": try members.flag("complianceFlags", "gdprConsentRecorded"),
                "dataSubjectRequestPending": try members.flag("complianceFlags", "dataSubjectRequestPending"),
            ]),
            "agentId": try members.optional("agentId", 64, lowercased: true),
            "queueId": try members.optional("queueId", 128),
        ]
    }

    private func deletion(_ members: ReportedMembers) throws(IntakeError) -> [String: JSONValue] {
        [
            "interactionId": try members.optional("interactionId", 64, lowercased: true),
            "resolvedCustomerId": try members.optional("resolvedCustomerId", 128),
            "deletionReason": .string(try members.required("deletionReason", 100) ?? ""),
            "requestId": try members.optional("requestId", 128),
            "status": .string(try members.required("status", 40) ?? ""),
        ]
    }

    /// Puts codes under the person's own key in the place of what was reported. Of somebody who is not known hashes are not kept:
    /// they were made of a telephone number somewhere, and who made them can make them again.
    private func name(_ fields: inout [String: JSONValue], _ hashes: [String: String]?) async throws {
        var codes: [String: String] = [:]
        if let reported = fields["resolvedCustomerId"]?.string {
            if let known = try await identities.codes(ofReported: reported, hashes: hashes ?? [:]) {
                fields["resolvedCustomerId"] = .string(known.subject)
                codes = known.codes
            } else {
                fields["resolvedCustomerId"] = .string(tokeniser.token(.customer, reported))
            }
            fields["customerId"] = fields["resolvedCustomerId"]
        }
        if let hashes {
            var context: [String: JSONValue] = [:]
            for member in ReportedMembers.hashNames { context[member] = codes[member].map { .string($0) } ?? .null }
            fields["piiContext"] = .object(context)
            fields["hashesWithheld"] = .integer(Int64(hashes.count - codes.count))
        }
    }
}

/// Reads the members of a reported event strictly.
final class ReportedMembers {
    static let hashNames = ["phoneHash", "emailHash", "accountNumberHash"]

    private let members: [String: JSONValue]
    private var known: Set<String> = ["eventType"]

    init(_ event: JSONValue) { members = event.object ?? [:] }

    /// A text that must be there.
    func required(_ name: String, _ most: Int) throws(IntakeError) -> String? {
        guard let text = try optional(name, most).string else { throw IntakeError(name, "is missing") }
        return text
    }

    /// A text, or nothing.
    func optional(_ name: String, _ most: Int, lowercased: Bool = false) throws(IntakeError) -> JSONValue {
        known.insert(name)
        guard let value = members[name], !value.isNull else { return .null }
        guard let text = value.string, !text.isEmpty, text.utf8.count <= most,
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw IntakeError(name, "must be a text of 1 to \(most) bytes without control characters") }
        return .string(lowercased ? text.lowercased() : text)
    }

    /// A moment that must be there.
    func moment(_ name: String) throws(IntakeError) -> Timestamp {
        guard let moment = try required(name, 40).flatMap({ Timestamp($0) }) else {
            throw IntakeError(name, "must be an RFC 3339 time")
        }
        return moment
    }

    /// An object of texts that must all be there, or nothing.
    func texts(_ name: String, _ texts: [String], _ most: Int) throws(IntakeError) -> [String: String]? {
        known.insert(name)
        guard let value = members[name], !value.isNull else { return nil }
        guard let object = value.object, object.keys.sorted() == texts.sorted() else {
            throw IntakeError(name, "must be an object of \(texts.joined(separator: ", "))")
        }
        let inner = ReportedMembers(value)
        var read: [String: String] = [:]
        for text in texts { read[text] = try inner.required(text, most) }
        return read
    }

    /// A truth value in an object, or nothing.
    func flag(_ object: String, _ name: String) throws(IntakeError) -> JSONValue {
        known.insert(object)
        guard let flags = members[object], !flags.isNull else { return .null }
        guard let all = flags.object else { throw IntakeError(object, "must be an object") }
        guard all.keys.allSatisfy(["gdprConsentRecorded", "dataSubjectRequestPending"].contains) else {
            throw IntakeError(object, "has a member that is not known")
        }
        guard let value = all[name], !value.isNull else { return .null }
        guard value.bool != nil else { throw IntakeError("\(object).\(name)", "must be true, false or null") }
        return value
    }

    /// The hashes that the reporter made, whole ones only: a hash that was cut short names many people.
    func hashes() throws(IntakeError) -> [String: String] {
        known.insert("piiContext")
        guard let context = members["piiContext"], !context.isNull else { return [:] }
        guard let all = context.object, all.keys.allSatisfy(Self.hashNames.contains) else {
            throw IntakeError("piiContext", "must be an object of \(Self.hashNames.joined(separator: ", "))")
        }
        var hashes: [String: String] = [:]
        for (name, value) in all where !value.isNull {
            guard let text = value.string, text.utf8.count == 64, Hex.decode(text.utf8) != nil else {
                throw IntakeError("piiContext.\(name)", "must be null or the 64 hex digits of a whole SHA-256")
            }
            hashes[name] = text.lowercased()
        }
        return hashes
    }

    /// Refuses members that nobody asked for: raw personal data could be in them.
    func end() throws(IntakeError) {
        guard members.keys.allSatisfy(known.contains) else {
            throw IntakeError(
                "auditEvent",
                "has a member that is not known; known here: \(known.sorted().joined(separator: ", "))"
            )
        }
    }
}
