internal import JSON
internal import WallTime

extension LedgerEvent {
    /// The event with the fields that were shown in clear: viewed and not masked.
    func revealing() -> LedgerEvent {
        guard let viewed = fields["dataFieldsViewed"]?.array else { return self }
        let masked = fields["dataFieldsMasked"]?.object ?? [:]
        var fields = fields
        fields["fieldsRevealed"] = .array(viewed.filter { $0.string.map { masked[$0] == nil } ?? false })
        return replacing(fields)
    }
}

extension Judgement {
    /// The verdict as rules see it.
    var event: LedgerEvent {
        var fields = fields.object ?? [:]
        fields["agentId"] = .string(access.agent)
        fields["customerId"] = .string(access.customer)
        fields["interactionId"] = access.interaction.map { .string($0) }
        fields["queueId"] = access.queue.map { .string($0) }
        fields["verdict"] = .string(verdict.name)
        fields["shift"] = .string(shift)
        fields["binding"] = .string(access.binding)
        fields["nearestExplanation"] = nearest.map { .string($0) }
        fields["secondsSinceInteractionEnd"] = secondsSinceEnd.map { .integer($0) }
        switch verdict {
        case .explained(let provider, _, _): fields["provider"] = .string(provider.rawValue)
        case .unverifiable(let missing): fields["missingFacts"] = .array(missing.map { .string($0) })
        case .unexplained: break
        }
        let read = LedgerEvent(
            index: access.index,
            timestamp: Timestamp(milliseconds: access.time),
            type: "CUSTOMER_DATA_ACCESSED",
            fields: .null,
            identity: identity
        )
        return read.deriving("ACCESS_JUDGED", key: verdict.name, fields)
    }

    /// The event that says that a verdict is another now; nil for a first one.
    func told(at event: LedgerEvent) -> DetectionEvent? {
        guard let previous else { return nil }
        var fields: [String: JSONValue] = [
            "accessIndex": .integer(access.index), "agentId": .string(access.agent),
            "customerId": .string(access.customer),
            "interactionId": access.interaction.map { .string($0) } ?? .null, "verdict": .string(verdict.name),
            "previousVerdict": .string(previous),
        ]
        if case .explained(let provider, let evidence, let fetchedAt) = verdict {
            fields["providerFetchedAt"] = fetchedAt.map { .string($0) }
            fields["provider"] = .string(provider.rawValue)
            fields["providerEvidence"] = evidence.map { .string(Text.bounded($0, to: 256)) }
        }
        return DetectionEvent(
            kind: .verdictChanged,
            eventID: "verdict-\(access.index)-\(verdict.name)",
            timestamp: event.timestamp,
            fields: fields
        )
    }
}
