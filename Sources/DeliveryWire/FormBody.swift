import TextEncoding

/// `application/x-www-form-urlencoded` as the WHATWG URL standard writes it, with spaces as `%20`.
public enum FormBody {
    /// `name=value&…`; everything but letters, digits and `-._*` is percent-encoded as UTF-8.
    public static func encoded(_ pairs: [(String, String)]) -> [UInt8] {
        func encoded(_ text: String) -> String { PercentEncoding.encode(text, keeping: "-._*") }
        return Array(pairs.map { "\(encoded($0.0))=\(encoded($0.1))" }.joined(separator: "&").utf8)
    }
}
