import JSON
import Redaction
import Testing

@testable import Settings

/// The section `redaction`, and what refers to it.
@Suite struct RedactionSettingsTests {
    private static let section = """

        redaction:
          keyEpoch: 1
          tokensKeptDays: 30
          policies:
            chat:
              version: 2
              default: label
              types: {CREDIT_CARD: maskMiddle, EMAIL: hash}
              rules: [{name: order, pattern: 'ORD-\\d{6}'}]
              allow: [{exact: "4111 1111 1111 1111"}]
            kept: {default: token}
          categories: {note: chat}
          sinks: chat
          log: chat
        sinks:
          siem: {kind: file, path: events.ndjson}
          plain: {kind: file, path: plain.ndjson, redaction: none}

        """

    @Test func everySettingIsRead() throws {
        let site = try Site()
        let configuration = try site.read(site.text + Self.section)
        let settings = configuration.redaction
        #expect(settings.policies.keys.sorted() == ["chat", "kept"])
        let chat = try #require(settings.policies["chat"])
        #expect(chat.name == "chat" && chat.version == 2 && chat.rules.map(\.name) == ["order"])
        #expect(chat.action(for: .creditCard) == .maskMiddle && chat.action(for: .phone) == .label)
        #expect(settings.categories == [.note: "chat"] && settings.sinks == "chat" && settings.log == "chat")
        #expect(settings.keyEpoch == 1 && settings.tokensKeptDays == 30)
        #expect(configuration.sinks.map { $0.redaction?.name } == ["chat", nil])
        #expect(configuration.summary["redaction"]?["policies"] == ["chat": 2, "kept": 1])
        #expect(configuration.summary["redaction"]?["categories"] == ["note": "chat"])
    }

    @Test func withoutTheSectionEventsAreStillRedacted() throws {
        let site = try Site()
        let sinks = "\nsinks:\n  siem: {kind: file, path: events.ndjson}\n"
        let configuration = try site.read(site.text + sinks)
        #expect(configuration.redaction.policies.isEmpty && configuration.redaction.tokensKeptDays == 90)
        #expect(configuration.sinks.first?.redaction == RedactionSettings.standardForEvents)
    }

    private static let wrong: [(String, String, String)] = [
        ("sinks: chat", "sinks: chatt", "redaction.sinks"), ("log: chat", "log: kept", "redaction.log"),
        ("note: chat", "note: kept", "redaction.categories.note"),
        ("note: chat", "notes: chat", "redaction.categories.notes"),
        ("tokensKeptDays: 30", "tokensKeptDays: 0", "redaction.tokensKeptDays"),
        ("version: 2", "versions: 2", "redaction.policies.chat.versions"),
        ("default: label", "default: shred", "redaction.policies.chat.default"),
        ("EMAIL: hash", "MAIL: hash", "redaction.policies.chat.types.MAIL"),
        ("redaction: none", "redaction: nothing", "sinks.plain.redaction"),
        ("keyEpoch: 1", "epoch: 1", "redaction.epoch"), ("kept:", "none:", "redaction.policies.none"),
    ]

    @Test(arguments: wrong) func whatIsWrongIsNamed(old: String, new: String, path: String) throws {
        let site = try Site()
        let problems = site.problems(site.text + (try Self.section.replacingOnce(old, new)))
        #expect(problems.map(\.path).contains(path), "\(problems)")
    }
}
