import FoundationEssentials
import Genesys
import WallTime

/// Controls of the sandbox itself, under `/sandbox`, on both listeners.
struct AdminAPI: Sendable {
    static let routes = [
        "GET /sandbox/directory", "GET /sandbox/requests", "GET /sandbox/clock", "POST /sandbox/clock",
        "POST /sandbox/conversations", "POST /sandbox/sign-ins", "POST /sandbox/faults", "POST /sandbox/gate",
    ]

    let state: SandboxState

    func respond(to request: Request) -> Response {
        do {
            switch request.match(Self.routes)?.template {
            case "GET /sandbox/directory": return try encoded(state.with { $0.world.directory })
            case "GET /sandbox/requests": return try encoded(state.with { $0.counts })
            case "GET /sandbox/clock": return clock
            case "POST /sandbox/clock":
                state.configuration.clock.advance(seconds: try body(ClockChange.self, of: request).advanceSeconds)
                return clock
            case "POST /sandbox/conversations": return try change(try body(ConversationChange.self, of: request))
            case "POST /sandbox/sign-ins":
                let agent = try body(SignIn.self, of: request).agent
                let token = try state.with { try $0.signIn(agent, now: state.configuration.clock.now) }
                return Response(200, ["accessToken": .string(token)])
            case "POST /sandbox/faults":
                let fault = try body(Fault.self, of: request)
                state.with { $0.faults.append(fault.fault) }
                return Response(200, ["route": .string(fault.route)])
            case "POST /sandbox/gate":
                state.gate.open()
                return Response(200, ["gate": "open"])
            default: return Response(404, ["error": .string("Known: " + Self.routes.joined(separator: ", "))])
            }
        } catch let error as SandboxError {
            return Response(409, ["error": .string(error.description)])
        } catch {
            return Response(400, ["error": "The body is not what this route takes."])
        }
    }

    private var clock: Response {
        Response(200, ["now": .string(Timestamp(milliseconds: state.configuration.clock.now).description)])
    }

    private func encoded(_ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Response(200, body: .whole(Array(try encoder.encode(value))))
    }

    private func body<Value: Decodable>(_ type: Value.Type, of request: Request) throws -> Value {
        try JSONDecoder().decode(type, from: Data(request.body))
    }

    private func change(_ change: ConversationChange) throws -> Response {
        let now = state.configuration.clock.now
        let id: String
        switch change.action {
        case .begin:
            guard let channel = ConversationFacts.Channel(rawValue: change.channel ?? "voice"), let agent = change.agent
            else { return Response(400, ["error": "begin takes agent, and perhaps customer and channel."]) }
            id = try state.with {
                try $0.world.begin(channel, agent: agent, customer: change.customer, now: now)
            }
        case .transfer:
            guard let conversation = change.conversation, let agent = change.agent else {
                return Response(400, ["error": "transfer takes conversation and agent."])
            }
            try state.with { try $0.world.transfer(conversation, to: agent, now: now) }
            id = conversation
        case .end:
            guard let conversation = change.conversation else {
                return Response(400, ["error": "end takes conversation."])
            }
            try state.with { try $0.world.end(conversation, now: now) }
            id = conversation
        case .finishWrapUp:
            guard let conversation = change.conversation else {
                return Response(400, ["error": "finishWrapUp takes conversation."])
            }
            try state.with { try $0.world.finishWrapUp(conversation, now: now) }
            id = conversation
        }
        return Response(200, ["conversation": .string(id)])
    }

    private struct ClockChange: Decodable {
        let advanceSeconds: Int64
    }

    private struct SignIn: Decodable {
        let agent: String
    }

    private struct ConversationChange: Decodable {
        enum Action: String, Decodable {
            case begin, transfer, end, finishWrapUp
        }

        let action: Action
        let conversation: String?
        let agent: String?
        let customer: String?
        let channel: String?
    }

    private struct Fault: Decodable {
        let route: String
        let status: Int?
        let times: Int?
        let retryAfter: Int?
        let delayMilliseconds: Int?
        let hold: Bool?
        let drip: Bool?
        let late: Bool?

        var fault: PlatformFault {
            PlatformFault(
                route: route,
                status: status.map { max(200, min($0, 599)) },
                times: max(1, times ?? 1),
                retryAfter: retryAfter,
                delayMilliseconds: max(0, min(delayMilliseconds ?? 0, 600_000)),
                isHeld: hold ?? false,
                drips: drip ?? false,
                isLate: late ?? false
            )
        }
    }
}
