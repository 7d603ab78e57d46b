import MerkleLog
import ObjectStorage

extension WORMMirrorSink: ReadBack {
    /// Longest bundle that is read: 256 entries of the longest kind.
    private static var longestBundle: Int { Tiles.width * (EntryBundle.maximumEntryByteCount + 2) }

    /// Reads every bundle of the range and computes the leaf hashes of what is in it.
    public func arrivals(in range: Range<UInt64>, _ each: ([Arrival]) async throws -> Void) async throws {
        guard !range.isEmpty else { return }
        let width = UInt64(Tiles.width)
        for number in range.lowerBound / width...(range.upperBound - 1) / width {
            let found: (bytes: [UInt8], width: Int)?
            do throws(S3Error) { found = try await bundle(number) } catch {
                throw ReadBackError.failed(error.description)
            }
            guard let found else { continue }
            let entries = try? EntryBundle.decode(found.bytes, width: found.width)
            let arrivals = entries?.enumerated().map { place, entry in
                Arrival.record(number * width + UInt64(place), leafHash: TreeHasher.leafHash(Array(entry)))
            }
            try await each(arrivals ?? [.unknown])
        }
    }

    /// A bundle, or the widest unfinished one under its number; nil when there is none.
    private func bundle(_ number: UInt64) async throws(S3Error) -> (bytes: [UInt8], width: Int)? {
        let address = BundleAddress(index: number)
        if let bytes = try await content(address) { return (bytes, address.width) }
        let partial = settings.prefix + address.path + ".p/"
        var widest: Int?
        var continuation: String?
        repeat {
            let page = try await client.list(prefix: partial, continuation: continuation)
            for entry in page.entries {
                guard let width = BundleAddress(path: String(entry.key.dropFirst(settings.prefix.count)))?.width
                else { continue }
                widest = max(widest ?? 0, width)
            }
            continuation = page.continuation
        } while continuation != nil
        guard let widest, let bytes = try await content(BundleAddress(index: number, width: widest)) else { return nil }
        return (bytes, widest)
    }

    private func content(_ address: BundleAddress) async throws(S3Error) -> [UInt8]? {
        do {
            return try await client.get(settings.prefix + address.path, maximumBytes: Self.longestBundle).content
        } catch  where error.kind == .notFound {
            return nil
        }
    }
}
