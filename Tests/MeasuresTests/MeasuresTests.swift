import Testing

@testable import Measures

@Suite struct MeasuresTests {
    @Test func countersAndGaugesCountFromAnyTask() async {
        let counter = Counter()
        let gauge = Gauge()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.add()
                        gauge.add(2)
                        gauge.add(-1)
                    }
                }
            }
        }
        #expect(counter.value == 8000)
        #expect(gauge.value == 8000)
        counter.add(5)
        #expect(counter.value == 8005)
    }

    @Test(
        arguments: [
            (0, 0), (10, 0), (11, 1), (250, 2), (251, 3), (500, 3), (501, 4), (10_000_000, 16), (10_000_001, 17),
            (UInt64.max / 2, 17),
        ] as [(UInt64, Int)]
    )
    func observationsFallIntoTheBucketThatHoldsThem(microseconds: UInt64, bucket: Int) {
        let histogram = Histogram()
        histogram.observe(microseconds: microseconds)
        let (cumulative, sum) = histogram.snapshot
        #expect(cumulative.count == Histogram.bounds.count + 1)
        #expect(cumulative.firstIndex(of: 1) == bucket)
        #expect(cumulative.last == 1 && sum == microseconds)
    }

    @Test func writesThePrometheusFormat() {
        var text = MetricsText()
        text.value("things", .gauge, help: "Things\\now\nhere.", 2.5)
        text.family("reads_total", .counter, help: "Reads.", [([("a", "x\"y\\z\n")], 3), ([], 1e18)])
        let histogram = Histogram()
        histogram.observe(microseconds: 300)
        histogram.observe(microseconds: 20_000_000)
        text.histograms("seconds", help: "Time.", [([("stage", "s")], histogram)])
        let lines = text.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(
            lines.prefix(7) == [
                "# HELP things Things\\\\now\\nhere.", "# TYPE things gauge", "things 2.5", "# HELP reads_total Reads.",
                "# TYPE reads_total counter", "reads_total{a=\"x\\\"y\\\\z\\n\"} 3", "reads_total 1e+18",
            ]
        )
        #expect(lines.contains("seconds_bucket{stage=\"s\",le=\"0.00025\"} 0"))
        #expect(lines.contains("seconds_bucket{stage=\"s\",le=\"0.0005\"} 1"))
        #expect(lines.contains("seconds_bucket{stage=\"s\",le=\"10.0\"} 1"))
        #expect(lines.contains("seconds_bucket{stage=\"s\",le=\"+Inf\"} 2"))
        #expect(lines.contains("seconds_sum{stage=\"s\"} 20.0003"))
        #expect(lines.contains("seconds_count{stage=\"s\"} 2"))
        #expect(lines.last == "")
    }
}
