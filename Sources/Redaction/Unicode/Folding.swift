/// Text with look-alikes made plain, and the way back to the original offsets.
///
/// Decimal digits of every common script, full-width forms, dashes and special spaces become ASCII; accents are taken off Latin
/// letters; characters without width are dropped (at most ``Folding/droppedInARow`` in a row, so that a flood of them stays
/// visible). Nothing else changes: ligatures, superscripts and circled digits stay, so that neutral text does not become a card.
struct Folding {
    static let droppedInARow = 4

    /// From `folded` on, offsets move together with `original`; a replaced character has its original length, plain text 0.
    struct Mark {
        var folded: Int
        var original: Int
        var replaced: Int
    }

    private(set) var bytes: [UInt8] = []
    private(set) var marks: [Mark] = []

    /// Folds `text`; an incomplete or invalid sequence stays as it is.
    mutating func fold(_ text: UnsafeRawBufferPointer) {
        bytes.removeAll(keepingCapacity: true)
        marks.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(text.count)
        marks.append(Mark(folded: 0, original: 0, replaced: 0))
        var offset = 0
        var dropped = 0
        while offset < text.count {
            var run = offset
            while run < text.count, text[run] < 0x80 { run &+= 1 }
            if run > offset {
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[offset..<run]))
                offset = run
                dropped = 0
                continue
            }
            let (scalar, length) = Self.scalar(text, offset)
            var isDropped = false
            switch Self.plain(scalar) {
            case .same: bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[offset..<(offset &+ length)]))
            case .dropped where dropped >= Self.droppedInARow: bytes.append(0x01)
            case .dropped:
                isDropped = true
                marks.append(Mark(folded: bytes.count, original: offset &+ length, replaced: 0))
            case .one(let byte):
                marks.append(Mark(folded: bytes.count, original: offset, replaced: length))
                bytes.append(byte)
                marks.append(Mark(folded: bytes.count, original: offset &+ length, replaced: 0))
            case .two(let first, let second):
                marks.append(Mark(folded: bytes.count, original: offset, replaced: length))
                bytes.append(first)
                bytes.append(second)
                marks.append(Mark(folded: bytes.count, original: offset &+ length, replaced: 0))
            }
            dropped = isDropped ? dropped &+ 1 : 0
            offset &+= length
        }
    }

    /// Where the character of the folded byte `offset` starts in the original.
    func originalStart(_ offset: Int) -> Int {
        let mark = marks[place(offset)]
        return mark.replaced > 0 ? mark.original : mark.original &+ offset &- mark.folded
    }

    /// Where the character before the folded offset `end` ends in the original.
    func originalEnd(_ end: Int) -> Int {
        guard end > 0 else { return 0 }
        let mark = marks[place(end &- 1)]
        return mark.replaced > 0 ? mark.original &+ mark.replaced : mark.original &+ end &- mark.folded
    }

    /// The first folded offset whose character starts at or after `original`.
    func folded(_ original: Int) -> Int {
        guard original > 0 else { return 0 }
        var low = 0
        var high = bytes.count
        while low < high {
            let middle = (low &+ high) / 2
            if originalStart(middle) < original { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// The last mark at or before a folded offset.
    private func place(_ offset: Int) -> Int {
        var low = 0
        var high = marks.count &- 1
        while low < high {
            let middle = (low &+ high &+ 1) / 2
            if marks[middle].folded <= offset { low = middle } else { high = middle &- 1 }
        }
        return low
    }

    enum Plain {
        case same, dropped
        case one(UInt8)
        case two(UInt8, UInt8)
    }

    /// The scalar at `offset` and its length; 0 and 1 for bytes that are not UTF-8.
    static func scalar(_ text: UnsafeRawBufferPointer, _ offset: Int) -> (UInt32, Int) {
        let lead = text[offset]
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1
        guard length > 1, lead < 0xF5, offset &+ length <= text.count else { return (0, 1) }
        var scalar = UInt32(lead) & (0x7F &>> UInt32(length))
        for index in 1..<length {
            let byte = text[offset &+ index]
            guard byte & 0xC0 == 0x80 else { return (0, 1) }
            scalar = scalar &<< 6 | UInt32(byte & 0x3F)
        }
        return (scalar, length)
    }

    /// The plain form of a scalar beyond ASCII.
    static func plain(_ scalar: UInt32) -> Plain {
        switch scalar {
        case 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: return .one(0x20)
        case 0xAD, 0x180E, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFE00...0xFE0F, 0xFEFF, 0x20E3, 0x034F:
            return .dropped
        case 0x2010...0x2015, 0x2043, 0x2212, 0xFE58, 0xFE63: return .one(0x2D)
        case 0x2018, 0x2019: return .one(0x27)
        case 0x2024, 0x3002, 0xFF61: return .one(0x2E)
        case 0x2044, 0x2215: return .one(0x2F)
        case 0xFE6B: return .one(0x40)
        case 0xFF01...0xFF5E: return .one(UInt8(truncatingIfNeeded: scalar &- 0xFEE0))
        case 0xC0...0x17F: return latin(scalar)
        case 0x1D7CE...0x1D7FF: return .one(0x30 &+ UInt8((scalar &- 0x1D7CE) % 10))
        default: break
        }
        // The zero of each script's decimal digits (Unicode general category Nd).
        switch scalar & ~0xF {
        case 0x0660, 0x06F0, 0x07C0, 0x0960, 0x09E0, 0x0A60, 0x0AE0, 0x0B60, 0x0BE0, 0x0C60, 0x0CE0, 0x0D60, 0x0E50,
            0x0ED0,
            0x0F20, 0x1040, 0x17E0, 0x1810:
            let block = scalar & ~0xF
            let zero: UInt32 =
                switch block {
                case 0x0960, 0x09E0, 0x0A60, 0x0AE0, 0x0B60, 0x0BE0, 0x0C60, 0x0CE0, 0x0D60: block &+ 6
                default: block
                }
            guard scalar >= zero, scalar &- zero < 10 else { return .same }
            return .one(0x30 &+ UInt8(scalar &- zero))
        default:
            return .same
        }
    }

    /// Latin letters of Latin-1 and Latin Extended-A without their marks.
    private static func latin(_ scalar: UInt32) -> Plain {
        switch scalar {
        case 0xC6: return .two(0x41, 0x45)
        case 0xE6: return .two(0x61, 0x65)
        case 0xDF: return .two(0x73, 0x73)
        case 0x152: return .two(0x4F, 0x45)
        case 0x153: return .two(0x6F, 0x65)
        case 0xD7, 0xF7, 0xD0, 0xF0, 0xDE, 0xFE: return .same
        default: break
        }
        let first: StaticString = "AAAAAA?CEEEEIIII?NOOOOO?OUUUUY??aaaaaa?ceeeeiiii?nooooo?ouuuuy?y"
        if scalar < 0x100 { return .one(first.utf8Start[Int(scalar &- 0xC0)]) }
        let second: StaticString =
            "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi??JjKk?LlLlLlLlLlNnNnNnn??OoOoOo??RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZz?"
        let byte = second.utf8Start[Int(scalar &- 0x100)]
        return byte == 0x3F ? .same : .one(byte)
    }
}
