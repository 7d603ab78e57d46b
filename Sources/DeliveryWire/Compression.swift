public import Gzip

extension HECBody {
    /// The body as it is sent with `Content-Encoding: gzip`.
    /// - Throws: `GzipError.noMemory`.
    public func compressed() throws(GzipError) -> [UInt8] { try Gzip.compress(bytes) }
}

extension DatadogBatch {
    /// The body as it is sent with `Content-Encoding: gzip`. Datadog's limits are on what it holds uncompressed.
    /// - Throws: `GzipError.noMemory`.
    public func compressed() throws(GzipError) -> [UInt8] { try Gzip.compress(bytes) }
}
