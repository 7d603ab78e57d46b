import Testing
import WallTime

@testable import ObjectStorage

@Suite struct ValueTests {
    @Test func endpointsNameTheBucketInTwoWays() throws {
        let path = try S3Endpoint(url: "https://s3.example.com:9000/", region: "r", bucket: "b-1", addressing: .path)
        #expect(path.place("a b/c").host == "s3.example.com:9000" && path.place("a b/c").path == "/b-1/a%20b/c")
        #expect(path.place(nil).path == "/b-1")
        let virtual = try S3Endpoint(url: "https://s3.eu-central-1.amazonaws.com:443", region: "r", bucket: "b-1")
        #expect(virtual.place("k").host == "b-1.s3.eu-central-1.amazonaws.com" && virtual.place("k").path == "/k")
        #expect(virtual.place(nil).path == "/")
    }

    @Test(arguments: [
        "", "s3.example.com", "ftp://x", "https://", "https://x/y", "https://x:0", "https://x:65536", "https://x:1:2",
        "https://u:p@x", "https://x?y", "https://x y", "https://[::1]", "https:///", "HTTPS://x",
    ])
    func aWrongURL(url: String) {
        #expect(throws: S3Endpoint.Problem.url) { try S3Endpoint(url: url, region: "r", bucket: "bucket") }
    }

    @Test(arguments: ["", "ab", "Bucket", "-abc", "abc-", "a..b", "a_b", "a/b", String(repeating: "a", count: 64)])
    func aWrongBucket(bucket: String) {
        #expect(throws: S3Endpoint.Problem.bucket) {
            try S3Endpoint(url: "https://x", region: "r", bucket: bucket, addressing: .path)
        }
    }

    @Test func aBucketWithDotsIsUnderNoCertificate() throws {
        #expect(throws: S3Endpoint.Problem.dottedBucket) {
            try S3Endpoint(url: "https://x", region: "r", bucket: "a.b")
        }
        _ = try S3Endpoint(url: "https://x", region: "r", bucket: "a.b", addressing: .path)
    }

    @Test(arguments: [
        (404, "NoSuchKey", S3Error.Kind.notFound), (404, "NoSuchBucket", .noSuchBucket),
        (404, "NoSuchBucketPolicy", .notSet),
        (403, "AccessDenied", .accessDenied), (403, "SignatureDoesNotMatch", .badCredentials),
        (403, "RequestTimeTooSkewed", .clockSkew), (412, "PreconditionFailed", .preconditionFailed),
        (409, "OperationAborted", .conflict), (503, "SlowDown", .throttled), (500, "InternalError", .storeFailed),
        (501, "NotImplemented", .unsupported), (400, "RequestTimeout", .noReply),
        (400, "InvalidRequest", .invalidRequest),
        (400, "EntityTooSmall", .invalidRequest), (200, "InternalError", .storeFailed),
    ])
    func errorsAreTyped(status: Int, code: String, kind: S3Error.Kind) {
        let body =
            "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>m of key k</Message><RequestId>tx1</RequestId></Error>"
        let error = S3Error(operation: "PutObject", status: status, headers: [], body: Array(body.utf8))
        #expect(error.kind == kind && error.code == code && error.requestID == "tx1")
        #expect(!"\(error)".contains("of key"), "the store's message may name what it should not")
    }

    @Test func errorsWithoutXMLAreTypedByStatus() {
        for (status, kind) in [
            (403, S3Error.Kind.accessDenied), (404, .notFound), (412, .preconditionFailed), (503, .throttled),
            (502, .storeFailed),
            (400, .invalidRequest), (405, .unsupported), (302, .malformedReply),
        ] {
            for body in ["", "<html><body>proxy</body></html>", "<Error>", "{}"] {
                #expect(S3Error(operation: "o", status: status, headers: [], body: Array(body.utf8)).kind == kind)
            }
        }
        let moved = S3Error(
            operation: "o",
            status: 301,
            headers: [(name: "X-Amz-Bucket-Region", value: "eu-west-1")],
            body: []
        )
        #expect(moved.kind == .wrongRegion("eu-west-1"))
    }

    @Test func retentionAndEncryptionAreComparedAsPromises() {
        let day = Timestamp(milliseconds: 1_000_500)
        #expect(Retention(.compliance, until: day).satisfies(Retention(.compliance, until: day)))
        #expect(
            Retention(.compliance, until: Timestamp(milliseconds: 1_000_000)).satisfies(
                Retention(.compliance, until: day)
            )
        )
        #expect(
            !Retention(.compliance, until: Timestamp(milliseconds: 999_999)).satisfies(
                Retention(.compliance, until: day)
            )
        )
        #expect(!Retention(.governance, until: day).satisfies(Retention(.compliance, until: day)))
        #expect(Retention(.compliance, until: day).satisfies(Retention(.governance, until: day)))
        #expect(ServerSideEncryption.kms(keyID: "arn:aws:kms:r:1:key/k1").satisfies(.kms(keyID: "k1")))
        #expect(!ServerSideEncryption.kms(keyID: "arn:aws:kms:r:1:key/k11").satisfies(.kms(keyID: "1")))
        #expect(ServerSideEncryption.kms(keyID: "x").satisfies(.kms(keyID: nil)))
        #expect(!ServerSideEncryption.kms(keyID: nil).satisfies(.kms(keyID: "x")))
        #expect(!ServerSideEncryption.storeKey.satisfies(.kms(keyID: nil)))
        #expect(!ServerSideEncryption.kms(keyID: nil).satisfies(.dualKMS(keyID: nil)))
    }

    @Test func percentText() {
        #expect(PercentText.decoded("a+b%20c%2Fé") == "a b c/é")
        for text in ["%", "%4", "%zz", "%FF"] { #expect(PercentText.decoded(text) == nil) }
    }
}
