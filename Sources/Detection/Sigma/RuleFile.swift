/// The text of one rule file, and of the fixtures beside it.
public struct RuleFile: Sendable, Hashable {
    /// Its name, for messages.
    public let name: String
    /// One or more YAML documents.
    public let text: String
    /// The bytes of the fixture file; nil when there is none.
    public let fixtures: [UInt8]?

    /// Names a text.
    public init(name: String, text: String, fixtures: [UInt8]? = nil) {
        self.name = name
        self.text = text
        self.fixtures = fixtures
    }

    /// The name of the file that holds its fixtures.
    public var fixtureName: String { Self.fixtureName(beside: name) }

    /// Where the fixtures of a rule file are looked for: `rules/own.fixtures.json` for `rules/own.yml`.
    public static func fixtureName(beside name: String) -> String {
        let ending = [".yml", ".yaml"].first { name.hasSuffix($0) } ?? ""
        return name.dropLast(ending.count) + ".fixtures.json"
    }
}
