/// How many customers an agent read in each worked hour of the last weeks, as compact text in the stored state.
struct HourHistory: Codable, Sendable {
    /// Weeks that are remembered.
    static let weeks: Int64 = 8

    private struct Cell {
        let hour: Int32
        let count: UInt16
    }

    private var cells: [Cell] = []

    init() {}

    mutating func add(hour: Int64, count: Int) {
        cells.append(Cell(hour: Int32(clamping: hour), count: UInt16(clamping: count)))
        let oldest = Int32(clamping: hour - Self.weeks * 168)
        if let first = cells.first, first.hour < oldest { cells.removeAll { $0.hour < oldest } }
    }

    /// The counts of the same hour of earlier weeks, and of the hours beside it.
    func counts(like hour: Int64) -> [Double] {
        let slot = LocalTime.hourOfWeek(hour)
        return cells.compactMap { cell in
            let distance = abs(LocalTime.hourOfWeek(Int64(cell.hour)) - slot)
            return min(distance, 168 - distance) <= 1 && Int64(cell.hour) <= hour - 120 ? Double(cell.count) : nil
        }
    }

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: ":")
            guard parts.count == 2, let hour = Int32(parts[0], radix: 36), let count = UInt16(parts[1], radix: 36)
            else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "an hour's count cannot be read")
                )
            }
            cells.append(Cell(hour: hour, count: count))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let text = cells.map { "\(String($0.hour, radix: 36)):\(String($0.count, radix: 36))" }.joined(separator: ",")
        try container.encode(text)
    }
}
