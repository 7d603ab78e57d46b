public import JSON

/// What a projection did, without any value: field numbers are places in the plan's list of fields.
public struct ProjectionSummary: Hashable, Sendable {
    /// Fields that left as they were.
    public internal(set) var released = FieldSet()
    /// Fields that left through a mask.
    public internal(set) var masked = FieldSet()
    /// Fields that were in the document and were left out because the plan withholds them.
    public internal(set) var withheld = FieldSet()
    /// What was found and replaced in fields whose mask is ``Mask/findings``.
    public internal(set) var found: [Int: Set<EntityType>] = [:]
    /// Members met and dropped because no path names them; those inside a dropped value are not counted.
    public internal(set) var unknownMembers = 0
    /// Values dropped because they are not the array or object that the paths lead through.
    public internal(set) var mismatchedValues = 0

    /// Whether the document holds the value that was expected of a field.
    public internal(set) var expectation = Expectation.none

    /// How a document compares with what was expected of it.
    public enum Expectation: Hashable, Sendable {
        /// Nothing was expected, or the field did not occur.
        case none
        /// The field holds this value wherever it occurs.
        case met
        /// The field holds another value somewhere.
        case broken
    }

    let declared: FieldSet

    /// Fields that the plan declares and the document did not hold.
    public var absent: FieldSet { declared.subtracting(released.union(masked).union(withheld)) }
}

/// One value that left, for a commitment to what was shown.
public struct ProjectedValue: Hashable, Sendable {
    /// The field's place in the plan's list.
    public let field: Int
    /// The bytes of the value in the output: a JSON token, or a whole array or object.
    public let range: Range<Int>
}

/// Buffers that a projection needs and that are used again for the next document. One per thread of work.
public struct ProjectionScratch {
    /// The values of the last document that left, in the order of the output.
    public internal(set) var values: [ProjectedValue] = []

    var seen = SeenKeys()
    /// Made when the first field is redacted.
    var redaction: Scratch?
    var text: [UInt8] = []
    var masked: [UInt8] = []

    /// Empty buffers; they grow to what the documents need.
    public init() {}
}

/// Why a document was refused. Nothing of it left, and the error repeats nothing of it.
public struct ProjectionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule that was broken.
    public enum Reason: Hashable, Sendable {
        /// The bytes are not JSON as it is accepted here.
        case malformed(JSONError.Reason)
        /// An object that is shown in part or whole has the same key twice.
        case duplicateKey
        /// The document is not an object or array.
        case notAContainer
        /// The document is an array and no path begins with `[]`, or it is an object and every path does.
        case topLevelMismatch
        /// The outermost array holds something that is not an object.
        case elementNotAnObject
        /// More values would leave than the limits allow.
        case tooManyValues
    }

    /// The rule that was broken.
    public let reason: Reason
    /// Offset in bytes from the start of the document.
    public let offset: Int

    /// Creates an error; `offset` counts bytes from the start of the document.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// One line that says what and where.
    public var description: String {
        switch reason {
        case .malformed(let reason): JSONError(reason, at: offset).description
        case .duplicateKey: JSONError(.duplicateKey, at: offset).description
        case .notAContainer: "document refused at byte \(offset): it must be an object or an array of objects"
        case .topLevelMismatch:
            "document refused at byte \(offset): paths begin with [] for an array and with a member for an object"
        case .elementNotAnObject: "document refused at byte \(offset): the outermost array must hold objects only"
        case .tooManyValues: "document refused at byte \(offset): more values than the limit of the plan allows"
        }
    }
}
