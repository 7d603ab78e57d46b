import Redaction
import RedactionCorpus
import Testing

@Suite("Evaluation")
struct EvaluationTests {
    private func score(_ record: (inout CorpusMaker) -> Record) -> Score {
        var maker = CorpusMaker(seed: 99)
        var score = Score()
        let redactor = Redactor()
        let scratch = Scratch()
        for _ in 0..<3000 {
            let record = record(&maker)
            Array(record.text.utf8).withUnsafeBytes { redactor.find($0, into: scratch) }
            let found = scratch.findings.map { GoldSpan(type: $0.type, start: $0.start, end: $0.end) }
            score.add(Set(record.spans), found: Set(found))
        }
        return score
    }

    @Test("Written text: exact F1 of at least 0.96")
    func written() {
        let score = score { $0.written() }
        print("written: precision \(score.precision), recall \(score.recall), F1 \(score.f1)")
        #expect(score.f1 >= 0.96)
    }

    @Test("Spoken text: exact F1 of at least 0.85")
    func spoken() {
        let score = score { $0.spoken() }
        print("spoken: precision \(score.precision), recall \(score.recall), F1 \(score.f1)")
        #expect(score.f1 >= 0.85)
    }
}
