import Credentials
import Dispatch
import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Testing

@testable import Server

/// What only a real connection shows: framing, sizes, slowness.
@Suite struct WireTests {
    /// Sends bytes and reads until the server closes the connection.
    private func exchange(_ text: String, port: Int) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try Self.blockingExchange(Array(text.utf8), port: port) })
            }
        }
    }

    private struct SocketError: Error { let number = errno }

    private static func blockingExchange(_ bytes: [UInt8], port: Int) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError() }
        defer { close(descriptor) }
        // A server that never closes fails the test instead of holding it up.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw SocketError() }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // A server that has closed already has said what it had to say.
            guard count > 0 else { break }
            sent += count
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 || (count < 0 && errno == ECONNRESET) { break }
            guard count > 0 else { throw SocketError() }
            received += buffer[..<count]
        }
        return String(decoding: received, as: UTF8.self)
    }

    private func body(_ response: String) throws -> JSONValue {
        let parts = response.split(separator: "\r\n\r\n", maxSplits: 1)
        return try JSONValue(parsing: String(try #require(parts.last)))
    }

    @Test(arguments: [
        "BROKEN\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost x\r\n\r\n", "GET /healthz HTTP/9.9\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nBig: \(String(repeating: "a", count: 20_000))\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\((0..<200).map { "H\($0): a\r\n" }.joined())\r\n",
        "POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        "POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ])
    func whatIsNotHTTPGetsAProblemAndTheConnectionEnds(request: String) async throws {
        try await Installation().test(.live) { client in
            let response = try await exchange(request, port: try #require(client.port))
            #expect(response.hasPrefix("HTTP/1.1 400 "))
            #expect(response.contains("application/problem+json"))
            #expect(try body(response)["code"] == "bad-framing")
        }
    }

    @Test func aBrokenBodyGetsAProblem() async throws {
        try await Installation().test(.live) { client in
            let response = try await exchange(
                "POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                port: try #require(client.port)
            )
            #expect(response.hasPrefix("HTTP/1.1 400 "))
            #expect(try body(response)["code"] == "bad-framing")
        }
    }

    /// The layer that looks for signatures reads the body before the endpoint does; a stream can be read once.
    @Test func aBodyThatIsNotThereIsReadByEveryLayer() async throws {
        let installation = try Installation()
        let caller = try await installation.caller(.audit)
        try await installation.test(.live) { client in
            let response = try await exchange(
                "POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: \(caller.header[.authorization] ?? "")\r\n"
                    + "Signature-Input:\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n",
                port: try #require(client.port)
            )
            #expect(response.hasPrefix("HTTP/1.1 4"))
        }
    }

    @Test(arguments: ["/api/v1/tokens", "/healthz", "/nowhere"])
    func anAnnouncedOversizeBodyIsNotWaitedFor(path: String) async throws {
        try await Installation().test(.live) { client in
            let response = try await exchange(
                "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\nabc",
                port: try #require(client.port)
            )
            #expect(response.hasPrefix("HTTP/1.1 413 "))
            #expect(response.lowercased().contains("connection: close"))
            #expect(try body(response)["code"] == "body-too-large")
        }
    }

    @Test func anUnannouncedOversizeBodyIsCutOff() async throws {
        let chunk = "8000\r\n\(String(repeating: "a", count: 0x8000))\r\n"
        try await Installation().test(.live) { client in
            // 16 MiB and no end: only the first 64 KiB are looked at, and the connection is closed.
            let response = try await exchange(
                "POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + String(repeating: chunk, count: 512),
                port: try #require(client.port)
            )
            #expect(response.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func aBodyThatDoesNotComeIsNotWaitedForLong() async throws {
        let installation = try Installation()
        var control = installation.control()
        control.bodyTimeout = .milliseconds(50)
        try await installation.test(.live, control) { client in
            let response = try await exchange(
                "POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
                port: try #require(client.port)
            )
            #expect(response.hasPrefix("HTTP/1.1 408 "))
            #expect(try body(response)["code"] == "request-timeout")
        }
    }

    @Test func aConnectionServesManyRequests() async throws {
        let installation = try Installation()
        let header = try await installation.caller(.audit).header
        try await installation.test(.live) { client in
            for number in 0..<20 {
                try await client.post("/api/v1/tokens", header, ["customerId": .string("c\(number)")]).expect(
                    status: .ok
                )
                try await client.get("/nowhere").expect(status: .notFound)
            }
        }
    }

    @Test func anIdleConnectionIsClosed() async throws {
        let installation = try Installation()
        let listener = ControlListener(host: "127.0.0.1", port: 0, idleTimeout: .milliseconds(50))
        try await installation.control().application(listener).test(.live) { client in
            let response = try await exchange("GET /heal", port: try #require(client.port))
            #expect(response.isEmpty)
        }
    }
}
