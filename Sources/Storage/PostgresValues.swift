internal import CPostgres

/// Object ids of the types that are sent; src/include/catalog/pg_type.dat.
enum PostgresType {
    static let bytea: Oid = 17
    static let int8: Oid = 20
    static let text: Oid = 25
    static let byteaArray: Oid = 1001
    static let int8Array: Oid = 1016
    /// Left to the server.
    static let unknown: Oid = 0
}

/// The parameters of a statement in binary form, one after another in one buffer.
struct PostgresValues {
    private(set) var types: [Oid] = []
    private var bytes: [UInt8] = []
    /// Where each value lies; nil for NULL.
    private var ranges: [Range<Int>?] = []

    init(_ parameters: [SQLParameter]) {
        for parameter in parameters {
            switch parameter {
            case .null:
                types.append(PostgresType.unknown)
                ranges.append(nil)
            case .integer(let value): withUnsafeBytes(of: value.bigEndian) { add(PostgresType.int8, $0) }
            case .text(var text): text.withUTF8 { add(PostgresType.text, UnsafeRawBufferPointer($0)) }
            case .blob(let value): value.withUnsafeBytes { add(PostgresType.bytea, $0) }
            case .bytes(let value): add(PostgresType.bytea, value)
            }
        }
    }

    init(arrays: [(type: Oid, bytes: [UInt8])]) {
        for array in arrays { array.bytes.withUnsafeBytes { add(array.type, $0) } }
    }

    private mutating func add(_ type: Oid, _ value: UnsafeRawBufferPointer) {
        types.append(type)
        let start = bytes.count
        bytes.append(contentsOf: value)
        ranges.append(start..<bytes.count)
    }

    /// Calls `body` with what libpq takes: count, values, lengths and formats.
    func withPointers<Result>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Result
    ) -> Result {
        // A byte more, so that an empty value has an address too: a null pointer would be NULL.
        var storage = bytes
        storage.append(0)
        return storage.withUnsafeBytes { raw in
            let base = raw.bindMemory(to: CChar.self).baseAddress
            let pointers = ranges.map { range in range.flatMap { range in base.map { $0 + range.lowerBound } } }
            let lengths = ranges.map { Int32($0?.count ?? 0) }
            let formats = [Int32](repeating: 1, count: ranges.count)
            return body(Int32(ranges.count), pointers, lengths, formats)
        }
    }
}

/// A one-dimensional array in PostgreSQL's binary form (array_send in src/backend/utils/adt/arrayfuncs.c).
struct PostgresArray {
    private(set) var bytes: [UInt8] = []

    init(of type: Oid, count: Int) {
        // Dimensions, whether there are NULLs, element type, length, lower bound.
        for word in [1, 0, UInt32(type), UInt32(count), 1] { append(word: word) }
    }

    mutating func append(_ element: UnsafeRawBufferPointer) {
        append(word: UInt32(element.count))
        bytes.append(contentsOf: element)
    }

    private mutating func append(word: UInt32) {
        withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
