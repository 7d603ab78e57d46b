/// Customers that make the CRM answer badly. This is the one table of them.
public enum CustomerFault: String, Sendable, Hashable, CaseIterable {
    /// Answers correctly, but only after ten seconds or when the gate opens.
    case slow = "C-SLOW"
    /// Answers correctly, one byte each second, or one byte and the rest when the gate opens.
    case drip = "C-DRIP"
    /// Answers 500 with a JSON body.
    case internalError = "C-500"
    /// Answers 503 with `Retry-After: 1`.
    case unavailable = "C-503"
    /// Answers 404 as for a customer who does not exist.
    case missing = "C-404"
    /// Promises a whole record, sends half and breaks the connection.
    case half = "C-HALF"
    /// Answers a record of five megabytes.
    case large = "C-5MB"
    /// Answers 200 with an HTML page.
    case html = "C-HTML"
    /// Answers 200 with an empty body.
    case empty = "C-EMPTY"
    /// Answers JSON that is cut off, with a correct length.
    case cutJSON = "C-CUTJSON"
    /// Answers JSON nested a hundred thousand levels deep.
    case deep = "C-DEEP"
    /// Answers with `Content-Encoding: gzip` and a small body that grows to eight megabytes.
    case gzip = "C-GZIP"
    /// Redirects to another host.
    case redirect = "C-REDIRECT"
    /// Answers correctly, in chunks of seven bytes without a length.
    case chunked = "C-CHUNKED"
    /// Answers a record with fields no route knows, which must be withheld.
    case extraFields = "C-EXTRA"
    /// Answers the record of another customer than was asked for.
    case otherCustomer = "C-OTHER"

    /// What it does, in one line.
    public var summary: String {
        switch self {
        case .slow: "correct, after 10 s or when the gate opens"
        case .drip: "correct, one byte a second, or the rest when the gate opens"
        case .internalError: "500"
        case .unavailable: "503 with Retry-After"
        case .missing: "404"
        case .half: "half a body, then the connection breaks"
        case .large: "a record of 5 MB"
        case .html: "200 with an HTML page"
        case .empty: "200 with an empty body"
        case .cutJSON: "JSON that is cut off"
        case .deep: "JSON 100,000 levels deep"
        case .gzip: "gzip that grows from about 50 kB to 8 MB"
        case .redirect: "302 to another host"
        case .chunked: "correct, chunked"
        case .extraFields: "a record with undeclared fields"
        case .otherCustomer: "the record of another customer"
        }
    }
}
