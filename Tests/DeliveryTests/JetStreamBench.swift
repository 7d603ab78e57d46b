import DeliveryWire
import JSON
import NATS
import TestReceivers
import TestStores

@testable import Delivery

/// A stream on real servers, with sinks for it.
struct JetStreamBench: Sendable {
    let stream: TestStream
    var servers: NATSServers { stream.servers }

    init(nodes: Int = 1) async throws { stream = try await Blocking.run { try TestStream(nodes: nodes) } }

    /// Makes the stream, or changes it.
    func configure(replicas: Int = 1, _ more: [String: JSONValue] = [:], isUpdate: Bool = false) async throws {
        try await Blocking.run { [stream] in try stream.configure(replicas: replicas, more, isUpdate: isUpdate) }
    }

    /// How many messages there are.
    func count() async throws -> Int { try await Blocking.run { [stream] in try stream.count() } }

    /// The indexes of the entries in the stream, in its order.
    func indexes() async throws -> [UInt64] {
        try await Blocking.run { [stream] in try stream.ids() }.compactMap { recordIndex($0) }
    }

    /// A sink for it.
    func sink(
        port: Int? = nil,
        replicas: Int = 1,
        window: Int = 100,
        timeout: Duration = .seconds(5),
        _ change: (inout JetStreamSink.Settings) -> Void = { _ in }
    ) -> JetStreamSink {
        var servers = NATSSettings(servers: port.map { ["nats://127.0.0.1:\($0)"] } ?? servers.addresses)
        servers.timeoutMilliseconds = Int(timeout.wholeMilliseconds)
        var settings = JetStreamSink.Settings(servers: servers, stream: stream.name, subject: "muniment.events")
        settings.replicas = replicas
        settings.window = window
        settings.timeout = timeout
        change(&settings)
        return JetStreamSink(settings, shaping: testShaping)
    }
}
