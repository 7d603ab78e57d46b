import AsyncHTTPClient
import Foundation
import Testing
import WallTime

@testable import ObjectStorage

/// Against a real store: scripts/test-s3 starts a Ceph radosgw and sets the variables.
@Suite(.enabled(if: S3Support.endpoint != nil, "set MUNIMENT_TEST_S3, or run scripts/test-s3"), .serialized)
struct StoreTests {
    static let content = Array("evidence".utf8)

    static func soon(_ seconds: Int64) -> Timestamp { SystemClock().now().adding(seconds: seconds) }

    static func failure(_ work: () async throws -> Void) async -> S3Error.Kind? {
        do {
            try await work()
            return nil
        } catch {
            return (error as? S3Error)?.kind
        }
    }

    @Test func whatIsPutComesBack() async throws {
        try await S3Support.withBucket(objectLock: false) { s3 in
            for key in ["a", "tile/0/x001/067", "odd key+é漢&=%2F?#", "dots..in/na.me"] {
                for content in [[], Self.content, (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }] {
                    var options = PutOptions()
                    options.contentType = "text/plain"
                    options.metadata = ["origin": "ledger.example"]
                    let stored = try await s3.putVerified(key, content, options: options)
                    #expect(stored.sha256 == S3Support.sha256(content) && !stored.wasThere)
                    #expect(stored.info.metadata["origin"] == "ledger.example")
                    #expect(stored.info.contentType == "text/plain")
                    #expect(try await s3.get(key).content == content)
                }
            }
            let range = try await s3.get("a", range: 10..<20)
            #expect(range.content == (10..<20).map { UInt8($0) } && range.info.size == 100_000)
            #expect(try await s3.get("a", range: 99_990..<200_000).content.count == 10)
            #expect(await Self.failure { _ = try await s3.get("a", range: 100_000..<100_001) } == .invalidRequest)
            #expect(await Self.failure { _ = try await s3.get("a", maximumBytes: 99_999) } == .malformedReply)
            #expect(await Self.failure { _ = try await s3.get("absent") } == .notFound)
            #expect(await Self.failure { _ = try await s3.head("absent") } == .notFound)
            try await s3.delete("a")
            #expect(await Self.failure { _ = try await s3.head("a") } == .notFound)
        }
    }

    @Test func keysThatAURLWouldChangeAreRefused() async throws {
        try await S3Support.withBucket(objectLock: false) { s3 in
            for key in ["", "/a", "a/../b", "./a", "a/.", "a\n", String(repeating: "a", count: 1025)] {
                guard case .invalidArgument = await Self.failure({ _ = try await s3.put(key, []) }) else {
                    Issue.record("accepted \(key.debugDescription)")
                    continue
                }
            }
            var options = PutOptions()
            options.metadata = ["name": "a\r\nx-amz-acl: public-read"]
            guard case .invalidArgument = await Self.failure({ _ = try await s3.put("k", [], options: options) }) else {
                Issue.record("accepted a header within a header")
                return
            }
        }
    }

    @Test func listingsPageThroughEverythingInOrder() async throws {
        try await S3Support.withBucket(objectLock: false) { s3 in
            var keys = (0..<23).map { "list/k\(String(format: "%03d", $0))" } + ["list/a b+c/é&<>.txt"]
            for key in keys { _ = try await s3.put(key, Self.content) }
            _ = try await s3.put("other", [])
            keys.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            var seen: [String] = []
            var pages = 0
            try await s3.listAll(prefix: "list/", pageSize: 5) { page in
                pages += 1
                seen += page.entries.map(\.key)
                #expect(page.entries.allSatisfy { $0.size == 8 && $0.entityTag.count == 32 })
            }
            #expect(seen == keys && pages == 5)
            #expect(try await s3.list(delimiter: "/").commonPrefixes == ["list/"])
            #expect(try await s3.list(prefix: "list/", startAfter: "list/k021").entries.map(\.key) == ["list/k022"])
            #expect(try await s3.list(prefix: "none").entries.isEmpty)
        }
    }

    @Test func createOnlyNeverReplaces() async throws {
        try await S3Support.withBucket(objectLock: false) { s3 in
            var options = PutOptions()
            options.createOnly = true
            let first = try await s3.putVerified("once", Self.content, options: options)
            let again = try await s3.putVerified("once", Self.content, options: options)
            #expect(!first.wasThere && again.wasThere)
            #expect(
                await Self.failure { _ = try await s3.putVerified("once", [1], options: options) }
                    == .verification(.otherContent)
            )
            #expect(try await s3.get("once").content == Self.content)
        }
    }

    @Test func complianceHoldsAgainstEverything() async throws {
        try await S3Support.withBucket(objectLock: true) { s3 in
            var options = PutOptions()
            let until = Self.soon(3600)
            options.retention = Retention(.compliance, until: until)
            let stored = try await s3.putVerified("tile", Self.content, options: options)
            let version = try #require(stored.info.versionID)
            #expect(stored.info.retention?.mode == .compliance)
            #expect(
                try await s3.retention(of: "tile", versionID: version)?.satisfies(Retention(.compliance, until: until))
                    == true
            )
            #expect(await Self.failure { try await s3.delete("tile", versionID: version) } == .accessDenied)
            for weaker in [
                Retention(.compliance, until: Self.soon(60)), Retention(.governance, until: Self.soon(7200)),
            ] {
                #expect(
                    await Self.failure { try await s3.setRetention(weaker, of: "tile", versionID: version) }
                        == .accessDenied
                )
            }
            try await s3.setRetention(Retention(.compliance, until: Self.soon(7200)), of: "tile", versionID: version)
            // A plain delete only hides; an overwrite only adds.
            #expect(try await s3.delete("tile").addedMarker)
            #expect(await Self.failure { _ = try await s3.get("tile") } == .notFound)
            _ = try await s3.put("tile", [1, 2, 3])
            #expect(try await s3.get("tile", versionID: version).content == Self.content)
        }
    }

    @Test func aLegalHoldHoldsUntilItIsLifted() async throws {
        try await S3Support.withBucket(objectLock: true) { s3 in
            var options = PutOptions()
            options.legalHold = true
            let stored = try await s3.putVerified("held", Self.content, options: options)
            let version = try #require(stored.info.versionID)
            #expect(try await s3.legalHold(of: "held", versionID: version))
            #expect(await Self.failure { try await s3.delete("held", versionID: version) } == .accessDenied)
            try await s3.setLegalHold(false, of: "held", versionID: version)
            #expect(try await s3.legalHold(of: "held", versionID: version) == false)
            try await s3.delete("held", versionID: version)
            #expect(await Self.failure { _ = try await s3.get("held", versionID: version) } == .notFound)
        }
    }

    @Test func aRetentionThatTheBucketCannotKeepIsAnError() async throws {
        try await S3Support.withBucket(objectLock: false) { s3 in
            var options = PutOptions()
            options.retention = Retention(.compliance, until: Self.soon(60))
            #expect(await Self.failure { _ = try await s3.putVerified("k", Self.content, options: options) } != nil)
        }
    }

    /// Ceph takes the header AES256 and stores in clear: the put succeeds and the verification must not.
    @Test func encryptionThatTheStoreIgnoresIsFound() async throws {
        try await S3Support.withBucket(objectLock: false) { s3 in
            var options = PutOptions()
            options.encryption = .storeKey
            do {
                let stored = try await s3.putVerified("clear", Self.content, options: options)
                #expect(stored.info.encryption == .storeKey, "a store that does encrypt says so")
            } catch {
                #expect((error as? S3Error)?.kind == .verification(.encryption))
            }
        }
    }

    @Test(.enabled(if: !S3Support.kmsKey.isEmpty, "set MUNIMENT_TEST_S3_KMS_KEY"))
    func encryptionUnderAKeyService() async throws {
        try await S3Support.withBucket(objectLock: false) { s3 in
            var options = PutOptions()
            options.encryption = .kms(keyID: S3Support.kmsKey)
            let stored = try await s3.putVerified("secret", Self.content, options: options)
            #expect(stored.info.encryption == .kms(keyID: S3Support.kmsKey))
            options.encryption = .kms(keyID: "no-such-key")
            #expect(
                await Self.failure { _ = try await s3.putVerified("secret2", Self.content, options: options) } != nil
            )
        }
    }

    @Test func partsMakeOneObjectUnderItsRetention() async throws {
        try await S3Support.withBucket(objectLock: true) { s3 in
            var options = PutOptions()
            options.retention = Retention(.compliance, until: Self.soon(3600))
            options.legalHold = true
            let pieces = (0..<13).map { number in [UInt8](repeating: UInt8(number), count: 1_000_003) }
            var rest = pieces[...]
            let stored = try await s3.putLarge("bundle", options: options, partBytes: 5 << 20) { rest.popFirst() }
            #expect(stored.info.size == 13 * 1_000_003)
            #expect(stored.sha256 == S3Support.sha256(pieces.flatMap { $0 }))
            #expect(stored.info.entityTag.hasSuffix("-3"))
            #expect(stored.info.retention?.mode == .compliance && stored.info.legalHold)
            let version = try #require(stored.info.versionID)
            #expect(await Self.failure { try await s3.delete("bundle", versionID: version) } == .accessDenied)
            #expect(try await s3.listUploads().isEmpty)
        }
    }

    @Test func anEmptyUploadIsAnEmptyObject() async throws {
        try await S3Support.withBucket(objectLock: false) { s3 in
            let stored = try await s3.putLarge("empty") { nil }
            #expect(stored.info.size == 0 && stored.sha256 == S3Support.sha256([]))
        }
    }

    @Test func anUploadThatFailsLeavesNothing() async throws {
        struct Broken: Error {}
        try await S3Support.withBucket(objectLock: false) { s3 in
            var count = 0
            let failed = await Self.failure {
                _ = try await s3.putLarge("half", partBytes: 5 << 20) {
                    count += 1
                    if count == 8 { throw Broken() }
                    return [UInt8](repeating: 1, count: 1 << 20)
                }
            }
            #expect(failed == .invalidArgument("the content could not be read"))
            #expect(try await s3.listUploads().isEmpty)
            #expect(await Self.failure { _ = try await s3.head("half") } == .notFound)
            var options = PutOptions()
            options.createOnly = true
            _ = try await s3.put("there", [])
            #expect(
                await Self.failure { _ = try await s3.putLarge("there", options: options) { nil } }
                    == .preconditionFailed
            )
        }
    }

    @Test func theBucketsOwnSettings() async throws {
        try await S3Support.withBucket(objectLock: true) { s3 in
            #expect(try await s3.versioning() == .set(.enabled))
            #expect(try await s3.objectLock() == .set(ObjectLockConfiguration(defaultRetention: nil)))
            try await s3.setDefaultRetention(.init(mode: .compliance, days: 1))
            #expect(
                try await s3.objectLock()
                    == .set(ObjectLockConfiguration(defaultRetention: .init(mode: .compliance, days: 1)))
            )
            let stored = try await s3.putVerified("by-default", Self.content)
            #expect(stored.info.retention?.mode == .compliance)
            #expect(try await s3.policy() == .notSet)
            let encryption = try await s3.encryption()
            #expect(encryption == .notSet || encryption == .unsupported)
            // AWS says that it is not set; Ceph answers four switches that are off.
            let block = try await s3.publicAccessBlock()
            if case .set(let block) = block { #expect(!block.blocksAll) } else { #expect(block == .notSet) }
        }
        try await S3Support.withBucket(objectLock: false) { s3 in
            #expect(try await s3.versioning() == .notSet)
            #expect(try await s3.objectLock() == .notSet)
            guard case .set = try await s3.region() else {
                Issue.record("a bucket is somewhere")
                return
            }
            try await s3.deleteBucket()
            #expect(await Self.failure { _ = try await s3.versioning() } == .noSuchBucket)
        }
    }

    @Test func credentialsThatAreWrongOrOfAnother() async throws {
        try await S3Support.withBucket(objectLock: false) { s3 in
            _ = try await s3.put("k", Self.content)
            let http = HTTPClient(configuration: S3Client.httpConfiguration(caFile: S3Support.caFile))
            let wrong = try S3Support.client(s3.endpoint.bucket, http, secret: "wrong")
            #expect(await Self.failure { _ = try await wrong.get("k") } == .badCredentials)
            let unknown = try S3Support.client(s3.endpoint.bucket, http, keyID: "NOSUCHKEY")
            #expect(await Self.failure { _ = try await unknown.get("k") } == .badCredentials)
            if !S3Support.secondKeyID.isEmpty {
                let other = try S3Support.client(s3.endpoint.bucket, http, keyID: S3Support.secondKeyID)
                #expect(await Self.failure { _ = try await other.get("k") } == .accessDenied)
                #expect(try await other.versioning() == .unknown, "not being allowed to look is no answer")
            }
            try await http.shutdown()
        }
    }

    @Test func aClockThatIsAnHourOffIsCorrected() async throws {
        try await S3Support.withBucket(objectLock: false) { s3 in
            let http = HTTPClient(configuration: S3Client.httpConfiguration(caFile: S3Support.caFile))
            for seconds: Int64 in [-3600, 3600] {
                let late = S3Client(
                    endpoint: s3.endpoint,
                    credentials: S3Credentials(accessKeyID: S3Support.keyID, secretAccessKey: S3Support.secret),
                    http: http,
                    clock: ManualClock(Self.soon(seconds))
                )
                _ = try await late.put("k", Self.content)
                #expect(try await late.get("k").content == Self.content)
            }
            try await http.shutdown()
        }
    }
}
