import Gzip
import JSON
import NIOHTTP1

/// What a pretend Splunk remembers, and what it makes of requests.
struct HECState {
    var configuration: HECReceiver.Configuration
    var stored: [HECReceiver.Event] = []
    var requests = 0
    var answersFalse = false
    /// Received and not stored yet.
    private var received: [HECReceiver.Event] = []
    /// For each channel: the next id, and the ids that wait, each with whether its request is stored.
    private var channels: [String: Channel] = [:]

    private struct Channel {
        var next = 0
        var waiting: [Int: Bool] = [:]
    }

    init(configuration: HECReceiver.Configuration) { self.configuration = configuration }

    mutating func settle() {
        stored += received
        received = []
        channels = channels.mapValues { Channel(next: $0.next, waiting: $0.waiting.mapValues { _ in true }) }
    }

    mutating func restart() {
        received = []
        channels = [:]
    }

    // MARK: - Events

    mutating func receive(_ request: Request) -> Response {
        requests += 1
        if let refusal = authorisation(request) ?? channel(request) { return refusal }
        let body: [UInt8]
        switch decoded(request) {
        case .success(let bytes): body = bytes
        case .failure(let refusal): return refusal.response
        }
        guard !body.allSatisfy({ HECSplitter.isSpace($0) }) else { return .hec(400, 5, "No data") }
        return store(body, channel: request.channel)
    }

    private struct Refusal: Error {
        let response: Response
    }

    private func decoded(_ request: Request) -> Result<[UInt8], Refusal> {
        let limit = configuration.maximumBytes ?? (configuration.flavour == .enterprise ? 838_860_800 : 5_500_000)
        let tooLarge: Response =
            configuration.flavour == .enterprise
            ? .html(413, "Content-Length too large") : .hec(400, 6, "Invalid data format", invalidEvent: 0)
        let body: [UInt8]
        switch request.headers.first(name: "content-encoding")?.lowercased() {
        case nil, "identity": body = request.body
        case "gzip":
            do {
                body = try Gzip.decompress(request.body, maximum: min(limit, 64 << 20))
            } catch .tooLarge {
                return .failure(Refusal(response: tooLarge))
            } catch {
                return .failure(Refusal(response: .hec(400, 6, "Invalid data format", invalidEvent: 0)))
            }
        default: return .failure(Refusal(response: .html(415, "Unsupported Media Type")))
        }
        return body.count > limit ? .failure(Refusal(response: tooLarge)) : .success(body)
    }

    /// Takes events one after another until one is bad. Those before it are stored whatever the answer says.
    private mutating func store(_ body: [UInt8], channel: String?) -> Response {
        var good: [HECReceiver.Event] = []
        var answer: (code: Int, text: String, invalidEvent: Int?) = (0, "Success", nil)
        var number = 0
        reading: for text in HECSplitter.split(body) {
            switch HECJudgement.of(text, indexes: configuration.indexes) {
            case .good(let recordID?) where configuration.refusedRecords.contains(recordID):
                answer = (6, "Invalid data format", number)
                break reading
            case .good(let recordID):
                good.append(.init(json: String(decoding: text, as: UTF8.self), recordID: recordID, channel: channel))
            case .skipped: break
            case .endsSilently:
                // Alone it is "No data"; after others it is "Success", and it and all after it are gone.
                if number == 0 { return .hec(400, 5, "No data") }
                break reading
            case .bad(let code, let text):
                // The index is named one too far.
                answer = (code, text, code == 7 ? number + 1 : number)
                break reading
            }
            number += 1
        }
        received += good
        let id = good.isEmpty && answer.code != 0 ? nil : acknowledgement(channel)
        if configuration.settlesAtOnce { settle() }
        return .hec(
            answer.code == 0 ? 200 : 400,
            answer.code,
            answer.text,
            acknowledgement: id,
            invalidEvent: answer.invalidEvent
        )
    }

    private mutating func acknowledgement(_ channel: String?) -> Int? {
        guard configuration.acknowledges, let channel else { return nil }
        let id = channels[channel, default: Channel()].next
        channels[channel, default: Channel()].next += 1
        channels[channel]?.waiting[id] = false
        return id
    }

    // MARK: - Acknowledgements

    mutating func acknowledgements(_ request: Request) -> Response {
        if let refusal = authorisation(request) { return refusal }
        guard configuration.acknowledges else { return .hec(400, 14, "ACK is disabled") }
        if let refusal = channel(request) { return refusal }
        guard let asked = (try? JSONValue(parsing: request.body))?["acks"]?.array, let name = request.channel else {
            return .hec(400, 6, "Invalid data format")
        }
        var states: [JSON.Member] = []
        for id in asked.compactMap(\.int) {
            let isStored = !answersFalse && channels[name]?.waiting[id] == true
            // True is said once and then forgotten.
            if isStored { channels[name]?.waiting[id] = nil }
            states.append(.init(name: String(id), value: .bool(isStored)))
        }
        return Response(200, ["acks": .object(states)])
    }

    // MARK: - Headers

    private func authorisation(_ request: Request) -> Response? {
        guard let header = request.headers.first(name: "authorization") else {
            return .hec(401, 2, "Token is required")
        }
        // The scheme is case-sensitive, with one space.
        guard header.hasPrefix("Splunk "), !header.dropFirst(7).isEmpty, !header.dropFirst(7).contains(" ") else {
            return .hec(401, 3, "Invalid authorization")
        }
        guard header.dropFirst(7) == configuration.token else { return .hec(403, 4, "Invalid token") }
        return configuration.tokenIsDisabled ? .hec(403, 1, "Token disabled") : nil
    }

    /// A token without acknowledgements ignores the channel, present or not, valid or not.
    private func channel(_ request: Request) -> Response? {
        guard configuration.acknowledges else { return nil }
        guard let channel = request.channel else {
            return configuration.flavour == .enterprise
                ? .hec(400, 10, "Data channel is missing")
                : .hec(400, 28, "Data channel is missing; sticky load balancing is required")
        }
        let groups = channel.split(separator: "-", omittingEmptySubsequences: false)
        let isGUID = groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && channel.allSatisfy { $0 == "-" || $0.isHexDigit }
        return isGUID ? nil : .hec(400, 11, "Invalid data channel")
    }
}

extension Request {
    /// The HEC channel, from its header or the query.
    fileprivate var channel: String? {
        headers.first(name: "x-splunk-request-channel") ?? parameter("channel")
    }
}

extension Response {
    /// Splunk's JSON reply.
    static func hec(
        _ status: Int,
        _ code: Int,
        _ text: String,
        acknowledgement: Int? = nil,
        invalidEvent: Int? = nil
    ) -> Response {
        var members: [JSON.Member] = [
            .init(name: "text", value: .string(text)), .init(name: "code", value: .number(code)),
        ]
        if let invalidEvent { members.append(.init(name: "invalid-event-number", value: .number(invalidEvent))) }
        if let acknowledgement { members.append(.init(name: "ackId", value: .number(acknowledgement))) }
        return Response(status, .object(members))
    }

    /// What Splunk says with a status, where it has a code for it.
    static func hecRefusal(_ status: Int, retryAfter: Int?) -> Response {
        var response: Response =
            switch status {
            case 503: .hec(503, 9, "Server is busy")
            case 429: .hec(429, 26, "HEC queue is at capacity")
            case 500: .hec(500, 8, "Internal server error")
            default: .html(status, "Error")
            }
        if let retryAfter { response.headers.replaceOrAdd(name: "retry-after", value: String(retryAfter)) }
        return response
    }

    /// An HTML page, as proxies and some refusals of Splunk are.
    static func html(_ status: Int, _ text: String) -> Response {
        Response(status, body: .whole(Array("<!doctype html><h1>\(text)</h1>".utf8)), type: "text/html")
    }
}
