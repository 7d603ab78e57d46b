import AccessPolicy
import Identity
import JSON
import Ledger
import Redaction
import TextEncoding
import WallTime

/// Writes the events of reads straight as canonical JSON: the members below are in the order of RFC 8785.
struct AccessRecord {
    let core: GatewayCore
    let prepared: PreparedRoute
    let plan: ReadPlan?
    let request: ReadRequest
    /// Whether the customer's id lies beside the one that the agent asked for before.
    let isNeighbour: Bool
    /// Under which name the customer stands in the ledger; nil for the token of the customer's number.
    let name: String?
    let purpose: String
    let binding: Binding
    let clientID: String
    let producer: String
    let timestamp: Timestamp
    let latencyMicroseconds: Int64

    private var route: Route { prepared.route }

    /// What was released, for the manifest.
    struct Manifest {
        let summary: ProjectionSummary
        let values: [ProjectedValue]
        let body: [UInt8]
        let upstreamMicroseconds: Int64
        /// The agent reads faster than the route's limit, which only flags.
        let overVelocity: Bool
        /// What contained the agent.
        let restriction: AgentRestriction
    }

    /// Writes `CUSTOMER_DATA_ACCESSED`.
    /// - Returns: where the customer's name stands.
    @discardableResult
    func writeAccessed(
        _ manifest: Manifest,
        eventID: [UInt8],
        to writer: inout CanonicalJSONWriter
    ) -> Range<Int> {
        guard let plan else { return 0..<0 }
        let shown = manifest.summary.released.union(manifest.summary.masked)
        begin(&writer)
        if let commitments = core.commitments {
            writer.key("commitments")
            write(commitments.begin(eventID: eventID), plan, shown, manifest, &writer)
        }
        if let name = manifest.restriction.name {
            writer.key("containment")
            writer.string(literal: name)
        }
        let place = writeCustomer(&writer)
        let lists = plan.fieldLists(manifest.summary)
        writer.key("dataFieldsMasked")
        write(lists.masked, &writer)
        writer.key("dataFieldsViewed")
        write(lists.viewed, &writer)
        writer.key("dataFieldsWithheld")
        write(lists.withheld, &writer)
        if let types = plan.typesRedacted(manifest.summary) {
            writer.key("dataTypesRedacted")
            write(types, &writer)
        }
        writer.key("enforced")
        writer.bool(route.mode == .enforce)
        writeIdentity(eventID, .customerDataAccessed, &writer)
        writer.key("matchedRules")
        write(plan.matchedRules, &writer)
        writeNeighbour(&writer)
        writer.key("outcome")
        writer.string(literal: "released")
        if manifest.overVelocity {
            writer.key("overVelocityLimit")
            writer.bool(true)
        }
        writePolicy(&writer)
        writer.key("releasedBytes")
        writer.integer(manifest.body.count)
        writeRoute(&writer)
        writer.key("unknownFieldsDropped")
        writer.integer(manifest.summary.unknownMembers)
        writer.key("upstream")
        writer.string(route.upstream)
        writer.key("upstreamMicroseconds")
        writer.integer(manifest.upstreamMicroseconds)
        if let region = prepared.region {
            writer.key("upstreamRegion")
            writer.string(region)
        }
        if route.mode == .observe {
            writer.key("wouldRefuse")
            if let refused = plan.decision.refused { writer.string(refused.code.rawValue) } else { writer.null() }
            writer.key("wouldWithhold")
            writer.beginArray()
            for field in plan.decision.fields where field.effect == .withhold { writer.string(field.path) }
            writer.endArray()
        }
        writer.endObject()
        return place
    }

    /// Writes `CUSTOMER_DATA_ACCESS_REFUSED`.
    /// - Returns: where the customer's name stands.
    @discardableResult
    func writeRefused(
        _ outcome: ReadOutcome,
        reason: String,
        eventID: [UInt8],
        to writer: inout CanonicalJSONWriter
    ) -> Range<Int> {
        begin(&writer)
        let place = writeCustomer(&writer)
        writeIdentity(eventID, .customerDataAccessRefused, &writer)
        writer.key("matchedRules")
        write(plan?.matchedRules ?? Array("[]".utf8), &writer)
        writeNeighbour(&writer)
        writer.key("outcome")
        writer.string(outcome.rawValue)
        writePolicy(&writer)
        writer.key("reason")
        writer.string(reason)
        writeRoute(&writer)
        writer.endObject()
        return place
    }

    // MARK: Shared parts

    private func begin(_ writer: inout CanonicalJSONWriter) {
        writer.reset()
        writer.beginObject()
        writer.key("agentId")
        writer.string(request.agent)
        writer.key("binding")
        writer.string(binding.grade.rawValue)
        writer.key("bindingReason")
        writer.string(binding.reason.rawValue)
        if let channel = binding.channel {
            writer.key("channelType")
            writer.string(channel)
        }
        writer.key("clientId")
        writer.string(clientID)
    }

    private func writeCustomer(_ writer: inout CanonicalJSONWriter) -> Range<Int> {
        writer.key("customerId")
        let start = writer.bytes.count
        if let name {
            writer.string(name)
        } else {
            var token: [UInt8] = []
            token.reserveCapacity(96)
            var customer = request.customer
            customer.withUTF8 { core.tokeniser.append(.customer, UnsafeRawBufferPointer($0), to: &token) }
            writer.string(token)
        }
        // Neither form has a character that JSON would escape.
        return start + 1..<writer.bytes.count - 1
    }

    private func writeIdentity(_ eventID: [UInt8], _ type: EventType, _ writer: inout CanonicalJSONWriter) {
        writer.key("eventId")
        writer.string(eventID)
        writer.key("eventType")
        writer.string(type.rawValue)
        writer.key("interactionId")
        writer.string(request.interaction)
        if let reason = request.reason {
            writer.key("justification")
            writer.string(reason)
        }
        writer.key("latencyMicroseconds")
        writer.integer(latencyMicroseconds)
    }

    private func writeNeighbour(_ writer: inout CanonicalJSONWriter) {
        guard isNeighbour else { return }
        writer.key("neighbourOfPrevious")
        writer.bool(true)
    }

    private func writePolicy(_ writer: inout CanonicalJSONWriter) {
        writer.key("policyHash")
        writer.string(core.policyHash)
        writer.key("policyVersion")
        writer.string(core.settings.policy.version)
        writer.key("producer")
        writer.string(producer)
        writer.key("purpose")
        writer.string(purpose)
        if let queue = binding.queue {
            writer.key("queueId")
            writer.string(queue)
        }
    }

    private func writeRoute(_ writer: inout CanonicalJSONWriter) {
        writer.key("route")
        writer.string(route.name)
        writer.key("schemaVersion")
        writer.integer(Event.schemaVersion)
        writer.key("timestamp")
        var text: [UInt8] = []
        text.reserveCapacity(24)
        timestamp.append(to: &text)
        writer.string(text)
    }

    private func write(_ canonical: [UInt8], _ writer: inout CanonicalJSONWriter) {
        canonical.withUnsafeBytes { writer.canonical($0) }
    }

    /// The commitments to the released values, in the order of `dataFieldsViewed`.
    private func write(
        _ begun: DisclosureHasher,
        _ plan: ReadPlan,
        _ shown: FieldSet,
        _ manifest: Manifest,
        _ writer: inout CanonicalJSONWriter
    ) {
        var hasher = begun
        var commitments: [UInt8] = []
        commitments.reserveCapacity(plan.names.count * DisclosureCommitments.byteCount)
        manifest.body.withUnsafeBytes { body in
            for field in plan.names.indices where shown.contains(field) {
                hasher.beginPath()
                for value in manifest.values where value.field == field {
                    hasher.add(UnsafeRawBufferPointer(rebasing: body[value.range]))
                }
                hasher.endPath(to: &commitments)
            }
        }
        var text: [UInt8] = []
        commitments.withUnsafeBytes { Base64.append($0, to: &text) }
        writer.string(text)
    }
}
