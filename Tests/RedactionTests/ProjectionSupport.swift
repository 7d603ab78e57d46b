import JSON
import Redaction

/// Repeatable random numbers (SplitMix64).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

struct Projected {
    let output: [UInt8]
    let summary: ProjectionSummary
    let values: [ProjectedValue]
}

/// Projects into fresh buffers; the output of a refused document must be untouched.
func project(_ plan: ProjectionPlan, _ body: [UInt8]) -> Result<Projected, ProjectionError> {
    var output: [UInt8] = []
    var scratch = ProjectionScratch()
    return project(plan, body, &output, &scratch)
}

/// Projects into buffers that are used again.
func project(
    _ plan: ProjectionPlan,
    _ body: [UInt8],
    _ output: inout [UInt8],
    _ scratch: inout ProjectionScratch
) -> Result<Projected, ProjectionError> {
    body.withUnsafeBytes { input in
        do throws(ProjectionError) {
            let summary = try plan.project(input, into: &output, scratch: &scratch)
            return .success(Projected(output: output, summary: summary, values: scratch.values))
        } catch {
            return .failure(error)
        }
    }
}
