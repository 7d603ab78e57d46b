import AsyncHTTPClient
import Dispatch
import Foundation
import JSON
import NIOCore
import NIOHTTP1
import Sandbox
import TestStores
import Testing

/// The real binary, as a user would run it.
enum Binary {
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["MUNIMENT_BINARY"] { return path }
        // Built beside the test bundle that is running.
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return bundle.appendingPathComponent("muniment").path
    }()

    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs a command to its end; `input` is its standard input.
    static func run(
        _ arguments: [String],
        program: String = path,
        environment: [String: String] = [:],
        input: [UInt8]? = nil
    ) async throws -> Outcome {
        let folder = NSTemporaryDirectory() + "muniment-run-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        if let input { try Data(input).write(to: URL(fileURLWithPath: folder + "/in")) }
        let process = try ChildProcess(
            program,
            arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { _, new in new },
            input: input == nil ? "/dev/null" : folder + "/in",
            output: folder + "/out",
            errors: folder + "/err"
        )
        let status = await Blocking.run { process.waitBlocking() }
        return Outcome(
            status: status,
            output: String(decoding: FileManager.default.contents(atPath: folder + "/out") ?? Data(), as: UTF8.self),
            errors: String(decoding: FileManager.default.contents(atPath: folder + "/err") ?? Data(), as: UTF8.self)
        )
    }

    /// Runs a command that must succeed.
    @discardableResult
    static func succeed(_ arguments: [String]) async throws -> String {
        let outcome = try await run(arguments)
        #expect(outcome.status == 0, "\(arguments.joined(separator: " ")): \(outcome.output) \(outcome.errors)")
        return outcome.output
    }
}

/// An installation in a folder of its own, set up by the binary, against a sandbox in this process.
final class Site: Sendable {
    let folder: String
    let sandbox: Sandbox

    var configuration: String { folder + "/muniment.yaml" }

    init() async throws {
        folder = NSTemporaryDirectory() + "muniment-site-" + UUID().uuidString
        sandbox = Sandbox(SandboxConfiguration())
        try await sandbox.start()
        try await Binary.succeed(["init", folder, "--origin", "test.muniment.example/ledger"])
        var text = try String(contentsOfFile: configuration, encoding: .utf8)
        text = text.replacingOccurrences(of: "http://127.0.0.1:9081", with: await sandbox.platformURL ?? "")
        text = text.replacingOccurrences(of: "http://127.0.0.1:9082", with: await sandbox.crmURL ?? "")
        text = text.replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:0")
        text = text.replacingOccurrences(of: "127.0.0.1:8081", with: "127.0.0.1:0")
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    func end() async {
        await sandbox.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Replaces text in the configuration.
    func edit(_ old: String, _ new: String) throws {
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacingOccurrences(of: old, with: new).write(
            toFile: configuration,
            atomically: true,
            encoding: .utf8
        )
    }

    /// Runs a command on this installation.
    func run(_ arguments: String...) async throws -> Binary.Outcome {
        try await Binary.run(arguments + ["--config", configuration])
    }

    @discardableResult
    func succeed(_ arguments: String...) async throws -> String {
        try await Binary.succeed(arguments + ["--config", configuration])
    }

    /// Creates an API client and returns its bearer token.
    func client(_ scopes: String...) async throws -> String {
        let output = try await Binary.succeed(
            ["clients", "create", "--name", "test", "--format", "json", "--config", configuration]
                + scopes.flatMap { ["--scope", $0] }
        )
        return try #require(JSONValue(parsing: output)["bearer"]?.string)
    }

    /// - Parameters:
    ///   - environment: variables besides this process's own.
    ///   - wrapper: a program and its arguments that start the server in their turn.
    func start(environment: [String: String] = [:], through wrapper: [String] = []) async throws -> RunningServer {
        try await RunningServer(site: self, environment: environment, through: wrapper)
    }
}

/// A server process.
final class RunningServer: Sendable {
    private let process: ChildProcess
    let dataPort: Int
    let controlPort: Int
    private let log: String

    init(site: Site, environment: [String: String], through wrapper: [String]) async throws {
        let ports = site.folder + "/ports.json"
        try? FileManager.default.removeItem(atPath: ports)
        log = site.folder + "/server.log"
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        let words = wrapper + [Binary.path, "serve", "--config", site.configuration, "--ports-file", ports]
        process = try ChildProcess(
            words[0],
            Array(words.dropFirst()),
            environment: ProcessInfo.processInfo.environment.merging(environment) { _, new in new },
            output: log,
            errors: log
        )
        let (process, log) = (self.process, self.log)
        let started = await Blocking.run {
            let deadline = ContinuousClock.now.advanced(by: .seconds(60))
            while !FileManager.default.fileExists(atPath: ports) {
                guard process.isRunning, ContinuousClock.now < deadline else { return false }
                usleep(2000)
            }
            return true
        }
        guard started else {
            throw ServerDidNotStart(
                log: String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
            )
        }
        let value = try JSONValue(parsing: Array(FileManager.default.contents(atPath: ports) ?? Data()))
        dataPort = try #require(value["data"]?.int)
        controlPort = try #require(value["control"]?.int)
    }

    struct ServerDidNotStart: Error { let log: String }

    /// Ends it in order.
    func stop() async {
        process.send(SIGTERM)
        let process = self.process
        let status = await Blocking.run { process.waitBlocking() }
        #expect(status == 0, "\(logText.suffix(2000))")
    }

    /// Ends it as a power failure would.
    func kill() async {
        let process = self.process
        await Blocking.run {
            process.send(SIGKILL)
            _ = process.waitBlocking()
        }
    }

    var logText: String { String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self) }

    struct Answer {
        let status: Int
        let receipt: String?
        let event: String?
        let body: [UInt8]

        var json: JSONValue? { try? JSONValue(parsing: body) }
    }

    func read(
        _ bearer: String,
        customer: String,
        agent: String,
        interaction: String,
        purpose: String? = nil,
        reason: String? = nil
    ) async throws -> Answer {
        var members: [String: JSONValue] = [
            "customerId": .string(customer), "agentId": .string(agent), "interactionId": .string(interaction),
        ]
        if let purpose { members["purpose"] = .string(purpose) }
        if let reason { members["reason"] = .string(reason) }
        return try await send(
            .post,
            port: dataPort,
            "/api/v1/read/customer-profile",
            bearer,
            try JSONValue.object(members).canonicalBytes()
        )
    }

    func get(_ path: String, _ bearer: String? = nil) async throws -> Answer {
        try await send(.get, port: controlPort, path, bearer, nil)
    }

    /// Asks the control plane.
    func post(_ path: String, _ bearer: String, _ body: [String: JSONValue]) async throws -> Answer {
        try await send(.post, port: controlPort, path, bearer, try JSONValue.object(body).canonicalBytes())
    }

    /// Asks the data plane with what the caller has for credentials.
    func read(_ path: String, _ body: String, headers: [(name: String, value: String)]) async throws -> Answer {
        try await send(.post, port: dataPort, path, nil, Array(body.utf8), headers: headers)
    }

    private func send(
        _ method: Method,
        port: Int,
        _ path: String,
        _ bearer: String?,
        _ body: [UInt8]?,
        headers: [(name: String, value: String)] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .RAW(value: method.rawValue)
        if let bearer { request.headers.add(name: "Authorization", value: "Bearer \(bearer)") }
        for header in headers { request.headers.add(name: header.name, value: header.value) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let collected = try await response.body.collect(upTo: 4 << 20)
        return Answer(
            status: Int(response.status.code),
            receipt: response.headers.first(name: "Muniment-Receipt"),
            event: response.headers.first(name: "Muniment-Event"),
            body: Array(collected.readableBytesView)
        )
    }

    enum Method: String {
        case get = "GET"
        case post = "POST"
    }
}
