import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1

/// The agent desktop of the demonstration: it sends what a Genesys Data Action would send.
struct Desktop {
    let url: String
    let bearer: String

    struct Answer {
        let status: UInt
        let receipt: String?
        let binding: String?
        let body: String
    }

    func read(customer: String, agent: String, interaction: String, purpose: String? = nil) async throws -> Answer {
        var request = HTTPClientRequest(url: url + "/api/v1/read/customer-profile")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(bearer)")
        request.headers.add(name: "Content-Type", value: "application/json")
        var members: [String: JSONValue] = [
            "customerId": .string(customer), "agentId": .string(agent), "interactionId": .string(interaction),
        ]
        if let purpose { members["purpose"] = .string(purpose) }
        request.body = .bytes(ByteBuffer(bytes: try JSONValue.object(members).canonicalBytes()))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: response.status.code,
            receipt: response.headers.first(name: "Muniment-Receipt"),
            binding: response.headers.first(name: "Muniment-Binding"),
            body: String(buffer: body)
        )
    }
}

/// An officer at the control plane.
struct Office {
    let url: String
    let bearer: String

    /// An answer that is not what was asked for.
    struct Refusal: Error, CustomStringConvertible {
        let status: UInt
        let description: String
    }

    func get(_ path: String) async throws -> JSONValue { try await send(.GET, path, nil) }

    func post(_ path: String, _ body: JSONValue) async throws -> JSONValue { try await send(.POST, path, body) }

    private func send(_ method: HTTPMethod, _ path: String, _ body: JSONValue?) async throws -> JSONValue {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(bearer)")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: try body.canonicalBytes()))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let bytes = try await response.body.collect(upTo: 4 << 20)
        guard response.status.code < 300 else {
            throw Refusal(
                status: response.status.code,
                description: "\(method) \(path): HTTP \(response.status.code) \(String(buffer: bytes))"
            )
        }
        return try JSONValue(parsing: Array(buffer: bytes))
    }
}
