/// Writes canonical JSON (RFC 8785) straight into a byte buffer that it owns and that can be used again.
///
/// The caller gives the members of each object in canonical order (keys sorted by their UTF-16 code units) and calls `key`
/// before each member's value; debug builds assert the order. Nothing is allocated except when the buffer grows.
public struct CanonicalJSONWriter: Sendable {
    /// The largest integer that RFC 8785 section 3.2.2.3 can carry without loss: 2^53 - 1.
    public static let largestInteger: Int64 = 9_007_199_254_740_991

    /// What has been written so far.
    public private(set) var bytes: [UInt8]

    private var needsComma = false
    #if DEBUG
        /// The last key of each open container; nil before the first key and for arrays.
        private var lastKeys: [[UInt16]?] = []
    #endif

    /// Starts with an empty buffer of at least `capacity` bytes.
    public init(capacity: Int = 1024) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Forgets what was written and keeps the buffer.
    public mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
        #if DEBUG
            lastKeys.removeAll()
        #endif
    }

    /// Opens an object.
    public mutating func beginObject() { open(0x7B) }
    /// Closes the innermost object.
    public mutating func endObject() { close(0x7D) }
    /// Opens an array.
    public mutating func beginArray() { open(0x5B) }
    /// Closes the innermost array.
    public mutating func endArray() { close(0x5D) }

    /// Writes a member's key; its value must follow.
    public mutating func key(_ name: StaticString) {
        key(utf8: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// Writes a member's key that is only known at run time; its value must follow.
    public mutating func key(string name: String) {
        var name = name
        name.withUTF8 { key(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// Writes a string; bytes that are not well-formed UTF-8 become U+FFFD.
    public mutating func string(_ utf8: UnsafeRawBufferPointer) {
        separate()
        JSONText.appendQuoted(utf8, to: &bytes)
    }

    /// Writes a string; bytes that are not well-formed UTF-8 become U+FFFD.
    public mutating func string(_ utf8: [UInt8]) {
        utf8.withUnsafeBytes { string($0) }
    }

    /// Writes a string.
    public mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    /// Writes a string that is known at compile time.
    public mutating func string(literal text: StaticString) {
        string(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes an integer; its magnitude must not exceed ``largestInteger``, which debug builds assert.
    public mutating func integer(_ value: Int64) {
        assert(value.magnitude <= UInt64(Self.largestInteger), "write integers beyond 2^53 - 1 as strings")
        separate()
        if value < 0 { bytes.append(0x2D) }
        DecimalDigits.append(value.magnitude, to: &bytes)
    }

    /// Writes an integer; its magnitude must not exceed ``largestInteger``, which debug builds assert.
    public mutating func integer(_ value: Int) { integer(Int64(value)) }

    /// Writes `true` or `false`.
    public mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }
    /// Writes `null`.
    public mutating func null() { literal("null") }

    /// Writes a value that is canonical JSON already, as it is.
    public mutating func canonical(_ json: UnsafeRawBufferPointer) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes a finite number in the form of ECMAScript; see ``ECMAScriptNumber``.
    mutating func number(_ value: Double) {
        separate()
        ECMAScriptNumber.append(value, to: &bytes)
    }

    private mutating func literal(_ text: StaticString) {
        separate()
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func key(utf8 name: UnsafeRawBufferPointer) {
        #if DEBUG
            let units = Array(String(decoding: name, as: UTF8.self).utf16)
            if let last = lastKeys.popLast() {
                assert(last.map { $0.lexicographicallyPrecedes(units) } ?? true, "keys must be sorted and different")
            }
            lastKeys.append(units)
        #endif
        separate()
        JSONText.appendQuoted(name, to: &bytes)
        bytes.append(0x3A)
        needsComma = false
    }

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(0x2C) }
        needsComma = true
    }

    @inline(__always)
    private mutating func open(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
        #if DEBUG
            lastKeys.append(nil)
        #endif
    }

    @inline(__always)
    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
        #if DEBUG
            _ = lastKeys.popLast()
        #endif
    }
}

/// Decimal digits of integers, without going through `String`.
enum DecimalDigits {
    static func append(_ value: UInt64, to output: inout [UInt8]) {
        let start = output.count
        var rest = value
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            output.append(0x30 &+ UInt8(truncatingIfNeeded: digit))
            rest = quotient
        } while rest > 0
        // Turned round in place: reversing a slice would copy the buffer.
        var low = start
        var high = output.count - 1
        while low < high {
            output.swapAt(low, high)
            low += 1
            high -= 1
        }
    }
}
