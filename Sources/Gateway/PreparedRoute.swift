import HTTPFraming
import NIOCore

/// A route with everything that its configuration alone decides, so that no read works it out again.
final class PreparedRoute: Sendable {
    let number: Int
    let route: Route
    /// The path of its reads.
    let path: [UInt8]
    /// The number of its upstream; nil when there is none of that name.
    let upstream: Int?
    /// Where its upstream holds the data.
    let region: String?
    /// Time for one exchange with the upstream, in milliseconds.
    let upstreamMilliseconds: Int64
    /// Time kept for the record, in milliseconds: whatever the upstream did, that must still be made.
    let recordingMilliseconds: Int64
    /// How it keeps its service level.
    let level: ServiceLevel
    private let lineParts: [[UInt8]]

    init(_ route: Route, number: Int, upstreams: [Upstream]) {
        self.number = number
        self.route = route
        level = ServiceLevel(objectiveMilliseconds: route.objectiveMilliseconds)
        path = Array("/api/v1/read/\(route.name)".utf8)
        upstream = upstreams.firstIndex { $0.name == route.upstream }
        region = upstream.flatMap { upstreams[$0].region }
        upstreamMilliseconds = upstream.map { Int64(upstreams[$0].timeoutMilliseconds) } ?? 0
        recordingMilliseconds = min(500, Int64(route.budgetMilliseconds) / 4)
        var parts = route.request.path.parts
        parts[0] = Array("\(route.request.method.rawValue) ".utf8) + parts[0]
        lineParts = parts
    }

    /// Writes method and path of a request about a customer, whose id is percent-encoded at its places.
    func writeStartLine(_ customer: String, to buffer: inout ByteBuffer) {
        buffer.writeBytes(lineParts[0])
        guard lineParts.count > 1 else { return }
        let isPlain = customer.utf8.allSatisfy { Self.isUnreserved($0) }
        var segment: [UInt8] = []
        // An id is neither empty nor dots: `ReadRequest` has seen to it.
        if !isPlain, !HTTPText.appendPathSegment(customer.utf8, to: &segment) { return }
        for part in lineParts.dropFirst() {
            if isPlain { buffer.writeString(customer) } else { buffer.writeBytes(segment) }
            buffer.writeBytes(part)
        }
    }

    /// RFC 3986 section 2.3.
    @inline(__always)
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// The body of a request about a customer; nil when there is none. A customer's id has no character that JSON would escape.
    func body(_ customer: String) -> [UInt8]? {
        route.request.body.map { Array($0.parts.joined(separator: customer.utf8)) }
    }
}
