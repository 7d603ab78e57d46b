import Foundation
import ObjectStorage
import Testing
import WallTime

@Suite struct SigV4Tests {
    /// The four examples of "Signature Calculations for the Authorization Header" in the Amazon S3 API Reference.
    static let published = SigV4(
        credentials: S3Credentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE",
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        ),
        region: "us-east-1"
    )
    static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    static let moment = Timestamp(milliseconds: 1_369_353_600_000)
    static let host = "examplebucket.s3.amazonaws.com"

    static func signature(_ request: SigV4.Request, payloadHash: String = empty) -> String {
        let headers = published.headers(for: request, payloadHash: payloadHash, now: moment)
        return headers.first { $0.name == "authorization" }?.value.components(separatedBy: "Signature=").last ?? ""
    }

    @Test func getWithARange() {
        let request = SigV4.Request(
            method: "GET",
            path: "/test.txt",
            headers: [(name: "Host", value: Self.host), (name: "Range", value: "bytes=0-9")]
        )
        #expect(Self.signature(request) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    }

    @Test func putAnObject() {
        let request = SigV4.Request(
            method: "PUT",
            path: "/" + SigV4.encoded("test$file.text", keepingSlashes: true),
            headers: [
                (name: "Host", value: Self.host), (name: "Date", value: "Fri, 24 May 2013 00:00:00 GMT"),
                (name: "x-amz-storage-class", value: "REDUCED_REDUNDANCY"),
            ]
        )
        let hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"  // "Welcome to Amazon S3."
        #expect(
            Self.signature(request, payloadHash: hash)
                == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        )
    }

    @Test func getTheLifecycle() {
        let request = SigV4.Request(
            method: "GET",
            path: "/",
            query: [(name: "lifecycle", value: "")],
            headers: [(name: "Host", value: Self.host)]
        )
        #expect(Self.signature(request) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    }

    @Test func listObjects() {
        let request = SigV4.Request(
            method: "GET",
            path: "/",
            query: [(name: "prefix", value: "J"), (name: "max-keys", value: "2")],
            headers: [(name: "Host", value: Self.host)]
        )
        #expect(Self.signature(request) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    struct Case: Decodable, Sendable {
        let method: String
        let path: String
        let query: [[String]]
        let headers: [[String]]
        let body: String
        let token: String?
        let region: String
        let authorization: String
    }

    /// Sixty random requests that botocore signed; see Vectors/sigv4.py.
    @Test func allThatBotocoreSigned() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/sigv4.json")
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
        #expect(cases.count == 60)
        for (number, item) in cases.enumerated() {
            let signer = SigV4(
                credentials: S3Credentials(
                    accessKeyID: "AKIDEXAMPLE",
                    secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                    sessionToken: item.token
                ),
                region: item.region
            )
            let request = SigV4.Request(
                method: item.method,
                path: item.path,
                query: item.query.map { (name: $0[0], value: $0[1]) },
                headers: item.headers.map { (name: $0[0], value: $0[1]) }
            )
            let headers = signer.headers(
                for: request,
                payloadHash: S3Support.sha256(Array(item.body.utf8)),
                now: Timestamp(milliseconds: 1_768_469_400_000)
            )
            #expect(headers.first { $0.name == "authorization" }?.value == item.authorization, "case \(number)")
        }
    }

    @Test func encodingLeavesOnlyUnreservedCharacters() {
        #expect(SigV4.encoded("a-._~/ é+%") == "a-._~%2F%20%C3%A9%2B%25")
        #expect(SigV4.encoded("a/b c", keepingSlashes: true) == "a/b%20c")
    }

    @Test func credentialsNeverShowTheirSecret() {
        let credentials = S3Credentials(accessKeyID: "AKID", secretAccessKey: "hush", sessionToken: "quiet")
        var dumped = ""
        dump(credentials, to: &dumped)
        let shown = "\(credentials) \(String(reflecting: credentials)) \(dumped)"
        #expect(shown.contains("AKID") && !shown.contains("hush") && !shown.contains("quiet"))
    }
}
