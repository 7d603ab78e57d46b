import Testing

@testable import Settings

struct NetworkAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8080), ("[::1]:0", "::1", 0), ("localhost:65535", "localhost", 65535),
        ("crm-1.example.com:443", "crm-1.example.com", 443),
    ])
    func reads(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(NetworkAddress(text))
        #expect(address.host == host && address.port == port)
    }

    @Test(arguments: [
        "", ":", ":80", "host", "host:", "host:-1", "host:+1", "host:65536", "host: 80", "1.2.3:80", "1.2.3.4.5:80",
        "01.2.3.4:80",
        "1.2.3.999:80", "::1:80", "[::1]", "[::1", "[::g]:80", "[1.2.3.4]:80", "a b:80", "a..b:80", "-a:80", "ä:80",
        "a/b:80", "a:b:80",
        "host:99999999999999999999",
    ])
    func refuses(_ text: String) {
        #expect(NetworkAddress(text) == nil)
    }

    @Test(arguments: [("[::1]", "::1", 443), ("host", "host", 443), ("host:81", "host", 81)])
    func fillsInThePort(_ text: String, _ host: String, _ port: Int) throws {
        let address = try #require(NetworkAddress(text, defaultPort: 443))
        #expect(address.host == host && address.port == port)
    }

    @Test(arguments: [
        ("127.0.0.1:1", true), ("127.9.9.9:1", true), ("localhost:1", true), ("LOCALHOST:1", true), ("[::1]:1", true),
        ("[0:0:0:0:0:0:0:1]:1", true), ("0.0.0.0:1", false), ("[::]:1", false), ("128.0.0.1:1", false),
        ("127.0.0.1.example:1", false), ("localhost.example:1", false), ("[::ffff:10.0.0.1]:1", false),
    ])
    func knowsLoopback(_ text: String, _ expected: Bool) throws {
        #expect(try #require(NetworkAddress(text)).isLoopback == expected)
    }

    @Test(arguments: [
        ("127.0.0.1:1", "127.0.0.1:1", true), ("127.0.0.1:1", "127.0.0.1:2", false),
        ("127.0.0.1:0", "127.0.0.1:0", false),
        ("0.0.0.0:1", "10.0.0.1:1", true), ("[::]:1", "127.0.0.1:1", true), ("10.0.0.1:1", "10.0.0.2:1", false),
        ("localhost:1", "127.0.0.1:1", true), ("localhost:1", "10.0.0.1:1", false),
    ])
    func knowsCollisions(_ first: String, _ second: String, _ expected: Bool) throws {
        let (first, second) = (try #require(NetworkAddress(first)), try #require(NetworkAddress(second)))
        #expect(first.collides(with: second) == expected && second.collides(with: first) == expected)
    }
}
