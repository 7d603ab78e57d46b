import Testing
import TextEncoding

@Suite struct PercentEncodingTests {
    @Test func keepsTheUnreservedCharactersAndNoOther() {
        #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
        #expect(PercentEncoding.encode("a b/é%") == "a%20b%2F%C3%A9%25")
        #expect(PercentEncoding.encode("../x", keeping: "-_~") == "%2E%2E%2Fx")
        #expect(PercentEncoding.encode("a/b", keeping: "/") == "a/b")
    }
}
