/// What may stand as a name.
enum Names {
    /// Names that stand in URLs, events and metrics.
    static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && text.first != "-"
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    static let rule = "1 to 63 lower-case letters, digits and hyphens, the first no hyphen"

    /// Checks the name that a section stands under.
    static func check(_ name: String, _ section: Section) {
        if !isName(name) { section.problem(nil, "its name must have \(rule)") }
    }

    /// RFC 9110 5.6.2: names of headers and authentication schemes.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
