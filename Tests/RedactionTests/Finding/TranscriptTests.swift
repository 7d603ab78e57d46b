import Redaction
import Testing

@Suite("Transcripts")
struct TranscriptTests {
    @Test("The turns of a conversation are read together")
    func turns() throws {
        let turns = [
            "Can I have the card number?", "four zero one two eight eight eight eight", "okay",
            "eight eight eight eight one eight eight one", "and two more questions",
        ]
        let result = try Redactor().redactTurns(turns.map { Array($0.utf8) })
        #expect(
            result.turns.map { String(decoding: $0, as: UTF8.self) } == [
                "Can I have the card number?", "****", "okay", "****", "and two more questions",
            ]
        )
        #expect(result.findings.map(\.count) == [0, 1, 0, 1, 0])
    }

    @Test("Words under a finding are masked with it")
    func words() throws {
        let document = #"""
            {"transcripts":[{"phrases":[
             {"text":"what is your account number","words":[{"word":"what"},{"word":"is"}],"participantPurpose":"internal"},
             {"words":[{"word":"it's","confidence":0.9},{"word":"One"},{"word":"two"},{"word":"three"},{"word":"four"},{"word":"five"},{"word":"six"},{"word":"seven"},{"word":"thanks"}],"text":"it's one two three four five six seven thanks"},
             {"text":"mail a.b@example.org","words":["mail","a.b@example.org"]}
            ]}],"note":"ssn 536-22-1234"}
            """#
        let expected = #"""
            {"transcripts":[{"phrases":[
             {"text":"what is your account number","words":[{"word":"what"},{"word":"is"}],"participantPurpose":"internal"},
             {"words":[{"word":"it's","confidence":0.9},{"word":"****"},{"word":"****"},{"word":"****"},{"word":"****"},{"word":"****"},{"word":"****"},{"word":"****"},{"word":"thanks"}],"text":"it's **** thanks"},
             {"text":"mail ****","words":["mail","****"]}
            ]}],"note":"ssn ****"}
            """#
        let scratch = Scratch()
        try Array(document.utf8).withUnsafeBytes { bytes in try Redactor().redactTranscript(bytes, into: scratch) }
        #expect(String(decoding: scratch.output, as: UTF8.self) == expected)
    }
}
