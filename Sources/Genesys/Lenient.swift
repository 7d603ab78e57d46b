/// A value that is nil when the platform sends another type than expected, so that one odd field never fails a whole
/// reply.
struct Lenient<Value: Decodable>: Decodable {
    let value: Value?

    init(from decoder: any Decoder) throws {
        value = try? decoder.singleValueContainer().decode(Value.self)
    }
}

extension Lenient: Sendable where Value: Sendable {}

extension Optional {
    /// The value inside an optional lenient value.
    func plain<Value>() -> Value? where Wrapped == Lenient<Value> {
        self?.value
    }

    /// The readable elements of an optional lenient list.
    func elements<Element>() -> [Element] where Wrapped == Lenient<[Lenient<Element>]> {
        (self?.value ?? []).compactMap(\.value)
    }
}
