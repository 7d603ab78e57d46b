import HTTPFraming

/// The request rules once more, written for plainness only: whole message at hand, arrays and strings, no state.
struct ReferenceParser {
    let limits: HTTPLimits

    /// The body and the size of the first request, or nil when it is incomplete or refused.
    func accept(_ bytes: [UInt8]) -> (body: [UInt8], consumed: Int)? {
        guard let headEnd = find("\r\n\r\n", bytes[...]), headEnd + 4 <= limits.maximumHeadBytes else { return nil }
        var lines = split(bytes[..<headEnd])
        let requestLine = lines.removeFirst()
        guard let version = version(requestLine), lines.count <= limits.maximumHeaderCount else { return nil }
        var fields: [(name: String, raw: String)] = []
        for line in lines {
            guard let field = field(line) else { return nil }
            fields.append(field)
        }
        guard hostIsGood(fields, version) else { return nil }
        guard fields.filter({ $0.name == "expect" }).allSatisfy({ strip($0.raw).lowercased() == "100-continue" }) else {
            return nil
        }
        let lengths = fields.filter { $0.name == "content-length" }.map(\.raw)
        let codings = fields.filter { $0.name == "transfer-encoding" }.map(\.raw)
        guard lengths.count + codings.count <= 1 else { return nil }
        let rest = bytes[(headEnd + 4)...]
        if let coding = codings.first {
            guard version == 1, coding.filter({ $0 != " " }) == "chunked", strip(coding) == "chunked" else {
                return nil
            }
            return chunks(rest)
        }
        var length = 0
        if let raw = lengths.first {
            let digits = raw.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            guard let number = Int(String(digits)), String(number) == String(digits), number >= 0 else { return nil }
            length = number
        }
        guard length <= limits.maximumBodyBytes, rest.count >= length else { return nil }
        return (Array(rest.prefix(length)), rest.startIndex + length)
    }

    private func version(_ line: ArraySlice<UInt8>) -> Int? {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, 1...32 ~= parts[0].count, parts[0].allSatisfy(isToken) else { return nil }
        let target = Array(parts[1])
        guard target.first == 0x2F, target.count < 2 || target[1] != 0x2F else { return nil }
        let allowed = Set("-._~!$&'()*+,;=:@/?%".utf8)
        guard target.allSatisfy({ isAlphanumeric($0) || allowed.contains($0) }) else { return nil }
        for (index, byte) in target.enumerated() where byte == 0x25 {
            let escape = target.dropFirst(index + 1).prefix(2)
            guard escape.count == 2, escape.allSatisfy(isHexadecimal) else { return nil }
        }
        if parts[2].elementsEqual("HTTP/1.1".utf8) { return 1 }
        return parts[2].elementsEqual("HTTP/1.0".utf8) ? 0 : nil
    }

    private func field(_ line: ArraySlice<UInt8>) -> (name: String, raw: String)? {
        guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else { return nil }
        let value = line[(colon + 1)...]
        guard line[..<colon].allSatisfy(isToken) else { return nil }
        guard value.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else { return nil }
        // One character per byte, so that bytes above 0x7F stay apart.
        let raw = value.map { Character(Unicode.Scalar($0)) }
        return (String(decoding: line[..<colon], as: UTF8.self).lowercased(), String(raw))
    }

    private func hostIsGood(_ fields: [(name: String, raw: String)], _ version: Int) -> Bool {
        let hosts = fields.filter { $0.name == "host" }.map { strip($0.raw) }
        if hosts.isEmpty { return version == 0 }
        let allowed = Set("-._~!$&'()*+,;=:[]%".utf8)
        return hosts.count == 1 && !hosts[0].isEmpty
            && hosts[0].utf8.allSatisfy { isAlphanumeric($0) || allowed.contains($0) }
    }

    private func chunks(_ bytes: ArraySlice<UInt8>) -> (body: [UInt8], consumed: Int)? {
        var rest = bytes
        var body: [UInt8] = []
        while true {
            guard let end = find("\r\n", rest) else { return nil }
            let digits = rest[..<end]
            guard 1...8 ~= digits.count, digits.allSatisfy(isHexadecimal) else { return nil }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
            rest = rest[(end + 2)...]
            if size == 0 { break }
            guard body.count + size <= limits.maximumBodyBytes, rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size)
            guard rest.prefix(2).elementsEqual([13, 10]) else { return nil }
            rest = rest.dropFirst(2)
        }
        let start = rest.startIndex
        var count = 0
        while let end = find("\r\n", rest) {
            let line = rest[..<end]
            rest = rest[(end + 2)...]
            if line.isEmpty {
                return rest.startIndex - start <= limits.maximumHeadBytes + 2 ? (body, rest.startIndex) : nil
            }
            count += 1
            guard count <= limits.maximumHeaderCount, field(line) != nil else { return nil }
        }
        return nil
    }

    private func find(_ text: String, _ bytes: ArraySlice<UInt8>) -> Int? {
        let pattern = Array(text.utf8)
        return bytes.indices.first { bytes[$0...].starts(with: pattern) }
    }

    private func split(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = bytes
        while let end = find("\r\n", rest) {
            lines.append(rest[..<end])
            rest = rest[(end + 2)...]
        }
        return lines + [rest]
    }

    private func strip(_ text: String) -> String {
        let blank: Set<Character> = [" ", "\t"]
        return String(text.drop { blank.contains($0) }.reversed().drop { blank.contains($0) }.reversed())
    }

    private func isToken(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte) }

    private func isAlphanumeric(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte
    }

    private func isHexadecimal(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || 0x41...0x46 ~= byte || 0x61...0x66 ~= byte
    }
}
