import HTTPTypes
import Hummingbird
import Ledger
import MerkleLog

/// The ledger as a C2SP tlog-tiles log (https://c2sp.org/tlog-tiles). Checkpoint and hashes say nothing of anybody and are open;
/// bundles hold the entries themselves.
struct LogRoutes: Sendable {
    let ledger: Ledger

    func add(to router: Router<PlainContext>) {
        router.serve(.checkpoint) { _ in .text(try await ledger.checkpoint()) }
        router.serve(.tile) { request in
            guard let address = TileAddress(path: Self.path(request)), let tile = try await ledger.tile(address) else {
                throw Refusal(.unknownTile)
            }
            // A full tile never changes; a partial one is replaced by a wider one.
            let full = address.width == Tiles.width
            return .bytes(
                tile,
                type: "application/octet-stream",
                headers: full ? [.cacheControl: "public, max-age=31536000, immutable"] : [:]
            )
        }
    }

    func add(to group: RouterGroup<ClientContext>) {
        group.serve(.bundle) { request, _, _ in
            guard let address = BundleAddress(path: Self.path(request)), let bundle = try await ledger.bundle(address)
            else { throw Refusal(.unknownTile) }
            return .bytes(bundle, type: "application/octet-stream")
        }
    }

    /// The path relative to the log's prefix.
    private static func path(_ request: Request) -> String { String(request.uri.path.dropFirst()) }
}
