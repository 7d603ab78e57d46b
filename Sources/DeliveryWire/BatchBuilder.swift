public import WallTime

/// When a batch is full.
public struct BatchLimits: Sendable, Hashable {
    /// Most bytes of a batch, counted as the destination counts them.
    public let bytes: Int
    /// Most records of a batch.
    public let count: Int
    /// How long the oldest record of a batch may wait for others.
    public let age: Duration

    /// Makes limits; each is at least one.
    public init(bytes: Int, count: Int, age: Duration) {
        self.bytes = max(bytes, 1)
        self.count = max(count, 1)
        self.age = max(age, .milliseconds(1))
    }

    /// The limits after a destination asked for less, or took what it was sent: halved or a sixteenth larger, never above
    /// `ceiling` and never below one record.
    public func adapted(slower: Bool, ceiling: BatchLimits) -> BatchLimits {
        slower
            ? BatchLimits(bytes: bytes / 2, count: count / 2, age: age)
            : BatchLimits(
                bytes: min(bytes + max(bytes / 16, 1), ceiling.bytes),
                count: min(count + max(count / 16, 1), ceiling.count),
                age: age
            )
    }
}

/// Gathers encoded records into batches by bytes, count and age. A pure value: the caller gives the time.
public struct BatchBuilder<Element: Sendable>: Sendable {
    /// Why a batch was closed.
    public enum Reason: Sendable, Hashable {
        case bytes, count, age, flush
    }

    /// A closed batch; it has at least one element.
    public struct Batch: Sendable {
        /// The elements in the order in which they came.
        public let elements: [Element]
        /// Their bytes.
        public let bytes: Int
        /// Why it was closed.
        public let reason: Reason
    }

    /// When a batch is full. May be changed at any time; it counts from the next element.
    public var limits: BatchLimits
    private var elements: [Element] = []
    private var bytes = 0
    private var oldest: Timestamp?

    /// Begins with nothing gathered.
    public init(limits: BatchLimits) { self.limits = limits }

    /// How many elements wait.
    public var count: Int { elements.count }

    /// When the waiting batch is due by age, or nil when nothing waits.
    public var due: Timestamp? {
        oldest.map { $0.adding(limits.age) }
    }

    /// Adds an element of so many bytes, separators included. Returns the batches that are closed by it: the one before, when
    /// the element no longer fits, and its own, when that is now full. An element larger than the limit goes in a batch of its
    /// own; whether that may be sent is for the destination's own type to say.
    public mutating func add(_ element: Element, bytes size: Int, now: Timestamp) -> [Batch] {
        var closed: [Batch] = []
        if !elements.isEmpty, bytes + size > limits.bytes, let batch = close(.bytes) { closed.append(batch) }
        if elements.isEmpty { oldest = now }
        elements.append(element)
        bytes += size
        if elements.count >= limits.count, let batch = close(.count) {
            closed.append(batch)
        } else if bytes >= limits.bytes, let batch = close(.bytes) {
            closed.append(batch)
        }
        return closed
    }

    /// The waiting batch when it is due by age.
    public mutating func takeDue(now: Timestamp) -> Batch? {
        guard let due, now >= due else { return nil }
        return close(.age)
    }

    /// The waiting batch whatever its age, or nil when nothing waits.
    public mutating func flush() -> Batch? { close(.flush) }

    private mutating func close(_ reason: Reason) -> Batch? {
        guard !elements.isEmpty else { return nil }
        defer {
            elements = []
            bytes = 0
            oldest = nil
        }
        return Batch(elements: elements, bytes: bytes, reason: reason)
    }
}
