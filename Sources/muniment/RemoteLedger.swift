import AsyncHTTPClient
import Foundation
import Ledger
import NIOCore
import NIOHTTP1

/// A ledger behind a server's control plane.
enum RemoteLedger {
    /// A file of a ledger is a few hundred KiB: 256 entries of at most 32 KiB each.
    private static let maximumBytes = 16 << 20

    static func source(url: String, token: String?) throws -> TiledSource {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw CommandFailure("'\(url)' is no address of a server: it begins with http:// or https://")
        }
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        let client = HTTPClient.shared
        return TiledSource { path in
            var request = try HTTPClient.Request(url: "\(base)/\(path)")
            if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
            let accumulator = ResponseAccumulator(request: request, maxBodySize: maximumBytes)
            let response = try client.execute(request: request, delegate: accumulator, deadline: .now() + .seconds(30))
                .wait()
            guard response.status == .ok else {
                let hint =
                    response.status == .unauthorized || response.status == .forbidden
                    ? ": give --token of a client with the scope 'ledger'" : ""
                throw CommandFailure("\(base)/\(path) answered \(response.status.code)\(hint)")
            }
            return response.body.map { Array($0.readableBytesView) } ?? []
        }
    }
}
