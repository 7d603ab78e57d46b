import Testing
import WallTime

@testable import Approvals

@Suite struct ApprovalTests {
    private let start = Timestamp(milliseconds: 1_780_000_000_000)

    private func made(_ needed: Int) -> Approval {
        Approval(requester: "ann", needed: needed, expiresAt: start.adding(seconds: 100))
    }

    @Test func whoAsksNeverApprovesAndNobodyTwice() throws {
        var approval = made(2)
        #expect(throws: ApprovalObstacle.isRequester) { try approval.agree("ann", at: start) }
        try approval.agree("bob", at: start)
        #expect(throws: ApprovalObstacle.agreedBefore) { try approval.agree("bob", at: start) }
        #expect(approval.missing == 1 && !approval.isComplete)
        try approval.agree("carol", at: start)
        #expect(approval.isComplete && approval.approvers == ["bob", "carol"])
    }

    @Test func itEndsAtItsTimeAndNotWhenItIsComplete() throws {
        let end = start.adding(seconds: 100)
        var approval = made(1)
        #expect(!approval.isExpired(at: start.adding(seconds: 99)) && approval.isExpired(at: end))
        #expect(throws: ApprovalObstacle.expired(end)) { try approval.agree("bob", at: end) }
        #expect(approval.approvers.isEmpty)
        try approval.agree("bob", at: start.adding(seconds: 99))
        #expect(!approval.isExpired(at: end))
        #expect(made(0).isComplete && !made(0).isExpired(at: end) && made(-3).needed == 0)
    }

    /// In whatever order people try: as many different others as are needed, no fewer, none after its time.
    @Test func itIsCompleteExactlyWhenEnoughOthersAgreedInTime() {
        var generator = Seeded(state: 17)
        let people = ["ann", "bob", "carol", "dave", "eve"]
        for _ in 0..<2000 {
            let needed = Int.random(in: 0...4, using: &generator)
            var approval = made(needed)
            var counted: Set<String> = []
            for _ in 0..<8 {
                let (actor, second) = (
                    people[Int.random(in: 0..<people.count, using: &generator)],
                    Int64.random(in: 0...150, using: &generator)
                )
                let isExpected =
                    actor != "ann" && !counted.contains(actor) && (second < 100 || counted.count >= needed)
                let wasTaken = (try? approval.agree(actor, at: start.adding(seconds: second))) != nil
                #expect(wasTaken == isExpected)
                if wasTaken { counted.insert(actor) }
                #expect(approval.isComplete == (counted.count >= needed))
            }
        }
    }
}

/// Numbers that are the same in every run (SplitMix64).
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
