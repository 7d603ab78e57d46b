public import JSON
public import WallTime

extension Conservation {
    /// The terms, for the API and the command line.
    public var json: JSONValue {
        func number(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }
        return [
            "head": number(head), "start": number(start), "filtered": number(filtered), "confirmed": number(confirmed),
            "inFlight": number(inFlight), "dead": number(dead), "backlog": number(backlog), "holds": .bool(holds),
        ]
    }
}

extension SinkStatus {
    /// The sink, for the API and the command line.
    public func json(now: Timestamp) -> JSONValue {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            "name": .string(name), "kind": .string(kind), "definitionHash": .string(definition),
            "guarantee": .string(guarantee.rawValue), "guaranteeReason": .string(guaranteeReason),
            "state": .string(state.description),
            "stateReason": text(state.reason), "stateSince": .string(since.description),
            "conservation": conservation.json, "possibleDuplicates": .integer(Int64(clamping: duplicates)),
            "concurrency": .integer(Int64(concurrency)),
            "lowWatermark": .integer(Int64(clamping: lowWatermark)),
            "manifestedTo": .integer(Int64(clamping: manifestFrom)), "lastConfirmed": text(lastConfirmed?.description),
            "stateActor": text(stateActor), "lastFailure": lastFailure?.json ?? .null,
            "oldestUndelivered": text(oldest?.description),
            "lagSeconds": .integer(oldest.map { max(now.milliseconds - $0.milliseconds, 0) / 1000 } ?? 0),
        ]
    }
}

extension SinkFailure {
    fileprivate var json: JSONValue {
        [
            "reason": .string(reason), "detail": detail.map { .string($0) } ?? .null, "at": .string(at.description),
        ]
    }
}

extension StoredDeadLetter {
    /// The dead letter, for the API and the command line.
    public var json: JSONValue {
        [
            "index": .integer(Int64(clamping: index)), "reason": .string(reason),
            "detail": detail.map { .string($0) } ?? .null, "attempts": .integer(Int64(attempts)),
            "died": .string(died.description),
        ]
    }
}
