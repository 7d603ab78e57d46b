import Synchronization

/// Lets through only growing numbers, from any thread.
final class OutputLock: Sendable {
    private let number: Mutex<Int>

    init(_ start: Int) { number = Mutex(start) }

    func advance(to value: Int) -> Bool {
        number.withLock { number in
            guard value > number else { return false }
            number = value
            return true
        }
    }
}
