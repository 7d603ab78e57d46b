import JSON
import Redaction

/// The body of `POST /api/v1/read/{route}`, checked.
struct ReadRequest {
    /// The customer's id as sent.
    let customer: String
    /// The agent's id, lower case.
    let agent: String
    /// The conversation's id, lower case.
    let interaction: String
    /// The stated purpose.
    let purpose: String?
    /// Why the record is needed, in the agent's words, with what looks like personal data masked: it is recorded.
    let reason: String?

    /// The longest reason, in bytes: that of a reported break-glass access.
    static let longestReason = 100

    init(_ body: UnsafeRawBufferPointer) throws(Problem) {
        var customer: String?
        var agent: String?
        var interaction: String?
        var purpose: String?
        var reason: String?
        do {
            var members = try JSONScanner.topLevelMembers(of: body)
            while let member = try members.next() {
                if members.matches(member.key, "customerId") {
                    try Self.set(&customer, member, members)
                } else if members.matches(member.key, "agentId") {
                    try Self.set(&agent, member, members)
                } else if members.matches(member.key, "interactionId") {
                    try Self.set(&interaction, member, members)
                } else if members.matches(member.key, "purpose") {
                    // A Data Action sends an optional input that was left out as null or as an empty text.
                    if member.value.kind == .null { continue }
                    try Self.set(&purpose, member, members)
                } else if members.matches(member.key, "reason") {
                    if member.value.kind == .null { continue }
                    try Self.set(&reason, member, members)
                } else {
                    throw Problem.unknownField
                }
            }
        } catch {
            throw (error as? Problem) ?? .malformedJSON
        }
        guard let customer, let agent, let interaction else { throw .missingField }
        guard Self.isCustomerID(customer) else { throw .invalidCustomerID }
        guard Self.isPlatformID(agent) else { throw .invalidAgentID }
        guard Self.isPlatformID(interaction) else { throw .invalidInteractionID }
        self.customer = customer
        // Genesys writes ids in either case; the record has one form, so that they are found again.
        self.agent = Self.lowercased(agent)
        self.interaction = Self.lowercased(interaction)
        self.purpose = purpose?.isEmpty == true ? nil : purpose
        guard let reason, !reason.isEmpty else {
            self.reason = nil
            return
        }
        guard Self.isReason(reason) else { throw .invalidReason }
        self.reason = RecordedWords.masked(reason)
    }

    /// Words, and not only spaces.
    private static func isReason(_ text: String) -> Bool {
        text.utf8.count <= longestReason && text.contains { !$0.isWhitespace }
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    private static func set(_ value: inout String?, _ member: JSONMember, _ members: JSONMembers) throws(Problem) {
        guard value == nil else { throw .duplicateKey }
        guard member.value.kind == .string else { throw .wrongType }
        value = members.string(member.value)
    }

    /// Characters that mean nothing in a path, a template or a log; `.` and `..` would walk through an upstream's paths.
    static func isCustomerID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { isAlphanumeric($0) || "._~@+:-".utf8.contains($0) }
    }

    private static func isPlatformID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    private static func lowercased(_ id: String) -> String {
        id.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ? id.lowercased() : id
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
