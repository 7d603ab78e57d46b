import Jobs
import Testing
import WallTime

@Suite struct JobShelfTests {
    private struct Broken: Error {}
    private let began = Timestamp(milliseconds: 1_780_000_000_000)

    private func shelf(most: Int, kept: Int) -> JobShelf<Int, String> { JobShelf(most: most, kept: kept) }

    @Test func noMoreThanSoManyAreUnderWay() throws {
        let shelf = shelf(most: 2, kept: 4)
        try shelf.begin("a", 0, by: "ann", at: began)
        try shelf.begin("b", 0, by: "bob", at: began)
        #expect(throws: JobsUnderWay(id: "a")) { try shelf.begin("c", 0, by: "cem", at: began) }
        #expect(shelf["c"] == nil)
        shelf.end("b", .success("done"))
        try shelf.begin("c", 0, by: "cem", at: began)
        #expect(throws: JobsUnderWay(id: "a")) { try shelf.begin("d", 0, by: "ann", at: began) }
        // A job that is no longer wanted makes room at once, though its work may go on for a moment.
        #expect(shelf.cancel("a"))
        try shelf.begin("d", 0, by: "ann", at: began)
    }

    @Test func aJobIsKnownByHowItEnded() throws {
        let shelf = shelf(most: 4, kept: 8)
        for id in ["done", "failed", "cancelled", "running"] { try shelf.begin(id, 1, by: "ann", at: began) }
        shelf.end("done", .success("all there"))
        shelf.end("failed", .failure(Broken()))
        #expect(shelf.note("cancelled") { $0 = 7 } && shelf.cancel("cancelled"))
        // What comes after that changes nothing, and it is told that it is not wanted.
        shelf.end("cancelled", .success("late"))
        #expect(!shelf.note("cancelled") { $0 = 8 } && !shelf.cancel("cancelled") && !shelf.cancel("done"))
        shelf.end("done", .failure(Broken()))
        for state in JobShelf<Int, String>.State.allCases { #expect(shelf[state.rawValue]?.state == state) }
        #expect(shelf["done"]?.output == "all there" && shelf["done"]?.failure == nil)
        #expect(shelf["failed"]?.output == nil && shelf["failed"]?.failure is Broken)
        #expect(shelf["cancelled"]?.outcome == nil && shelf["running"]?.outcome == nil)
        #expect(shelf["running"]?.actor == "ann" && shelf["running"]?.began == began)
        #expect(!shelf.note("none") { $0 = 1 } && !shelf.cancel("none") && shelf["none"] == nil)
    }

    /// However many end, so many are kept, and never is one forgotten that is under way.
    @Test func theNewestAreKept() throws {
        let shelf = shelf(most: 2, kept: 3)
        try shelf.begin("long", 0, by: "ann", at: began)
        for number in 1...20 {
            try shelf.begin("\(number)", number, by: "ann", at: began)
            shelf.end("\(number)", .success("\(number)"))
            #expect(shelf["long"]?.state == .running)
            let known = (1...20).filter { shelf["\($0)"] != nil }
            #expect(known == Array(max(number - 1, 1)...number))
        }
    }
}
