import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import ObjectStorage

/// A generator whose numbers follow from its seed.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

enum S3Support {
    static func sha256(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }

    /// The store to test against; scripts/test-s3 sets these.
    static let endpoint = variable("MUNIMENT_TEST_S3")
    static let keyID = variable("MUNIMENT_TEST_S3_KEY") ?? ""
    static let secret = variable("MUNIMENT_TEST_S3_SECRET") ?? ""
    static let secondKeyID = variable("MUNIMENT_TEST_S3_SECOND_KEY") ?? ""
    static let caFile = variable("MUNIMENT_TEST_S3_CA")
    static let kmsKey = variable("MUNIMENT_TEST_S3_KMS_KEY") ?? ""

    /// Runs with a client of a bucket of its own.
    static func withBucket(
        objectLock: Bool,
        keyID: String = keyID,
        secret: String = secret,
        _ body: (S3Client) async throws -> Void
    ) async throws {
        let http = HTTPClient(configuration: S3Client.httpConfiguration(caFile: caFile))
        do {
            let name = "muniment-\(UUID().uuidString.lowercased())"
            let client = try client(name, http, keyID: keyID, secret: secret)
            try await client.createBucket(objectLock: objectLock)
            try await body(client)
        } catch {
            try await http.shutdown()
            throw error
        }
        try await http.shutdown()
    }

    static func client(
        _ bucket: String,
        _ http: HTTPClient,
        keyID: String = keyID,
        secret: String = secret
    ) throws -> S3Client {
        S3Client(
            endpoint: try S3Endpoint(url: endpoint ?? "", region: "us-east-1", bucket: bucket, addressing: .path),
            credentials: S3Credentials(accessKeyID: keyID, secretAccessKey: secret),
            http: http
        )
    }
}
